package record

// PersonalKinds are the kinds that are kept under a resident's id, besides her record
// itself and who has looked.
var PersonalKinds = []string{"consent", "visit", "followup", "away", "wechat", "appointments", "waiting_of", "paper", "return", "plan", "hiddenplan", "request", "hidden", "pin", "submission", "hears"}
