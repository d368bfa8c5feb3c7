package bot

// Render is render, for tests from outside.
var Render = render

// Busy is what is said when the fault is ours.
const Busy = busy

const Unread = unread
