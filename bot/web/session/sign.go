package session

// Signature lets WeChat's browser take a page for the account's.
type Signature struct {
	AppID, Nonce, Hash string
	Timestamp          int64 // Unix seconds
}
