package townconfig

// SpreadMinutes is over how long the messages of one release are spread, where
// the site sets no other (limit spread_minutes); the evening has 90.
const SpreadMinutes = 30
