/** No connection to the database could be had in time: nothing ran. It is down, or too much is asked of it at once. */
export class DatabaseAway extends Error {}
