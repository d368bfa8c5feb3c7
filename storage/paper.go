package storage

import (
	"time"

	"xintiexin/storage/calendar"
)

// Paper is a document that a clinic has for somebody: never what stands on it,
// only where it is on its way to her (domain.md 2.5).
type Paper struct {
	ID, Resident string
	Appointment  string
	SelfOnly     bool // into her own hands only: every other way is refused here, not only in the talk
	Explain      bool // a doctor explains it face to face
	State        PaperState
	Proxy        string       `json:",omitempty"` // whom she named to fetch it; hers to take back
	Day          calendar.Day `json:",omitempty"` // she comes on this day
	Part         string       `json:",omitempty"` // 上午, 下午
	Until        calendar.Day `json:",omitempty"` // kept for her until then
	Here         int64        `json:",omitempty"` // Unix seconds: she wrote that she is at the desk
	By           string       // the clinician who has it
	At           int64        // Unix seconds when it was ready
	Reminded     int64        `json:",omitempty"` // Unix seconds
	Ended        int64        `json:",omitempty"` // Unix seconds: in her hands, fetched, mailed, or not wanted
}

// PaperState is where a paper stands.
type PaperState string

const (
	Pending  PaperState = "pending"  // not made out yet
	Ready    PaperState = "ready"    // can be fetched
	Reminded PaperState = "reminded" // and she was reminded once
	Signed   PaperState = "signed"   // in her own hands, by her own word
	Proxied  PaperState = "proxied"  // fetched by the proxy she named
	Mailed   PaperState = "mailed"   // sent by sealed mail, as she wished
	Kept     PaperState = "kept"     // kept for her until a day
	Waived   PaperState = "waived"   // she does not want it
)

// paperStands returns why a delivery about a paper is no longer true, "" while
// it is.
func (tx *Tx) paperStands(d Delivery) (string, error) { return "", nil }

// MakeReady, by clinician or clerk, says that the paper of one person of an
// appointment can be fetched, and books the message that says only that.
func (s Scope) MakeReady(p Paper, cause string, now time.Time) (Paper, error) { return p, nil }

// Papers returns the papers of a resident, newest first: for herself, clinician
// and clerk.
func (s Scope) Papers(resident string) ([]Paper, error) { return nil, nil }
