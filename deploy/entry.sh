#!/bin/sh
# `entry.sh COMMAND …` is `carenet COMMAND …`. The password of the database comes from a file that the container is given, never from the
# image, the compose file or a command line; `pg` reads PGPASSWORD when DATABASE_URL names none.
set -eu
if [ -n "${PGPASSWORD_FILE:-}" ]; then
  PGPASSWORD="$(cat "$PGPASSWORD_FILE")"
  export PGPASSWORD
fi
# threads that allocate share two arenas: memory that one gave back is there for the others
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
exec node --max-semi-space-size=16 --heap-growing-percent=120 /app/bin/carenet.mjs "$@"
