// What the map and the script that starts it know of each other; the map's data lie in attributes of the frame.

/** The frame gets this event when the map could not be started. */
export const FAILED = 'khong-ve';
