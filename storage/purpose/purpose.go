package purpose

// Purpose names what a consent is for (C0 to C7 of the norms, domain.md 6.6).
type Purpose string

const (
	VisitRecord       Purpose = "C0" // visit record and contact
	Booking           Purpose = "C1" // booking and contact
	HealthReminders   Purpose = "C2" // health follow-up reminders (sensitive)
	Migration         Purpose = "C3" // away and return card (sensitive)
	ProxyPickup       Purpose = "C4" // how a paper is handed over, a named proxy included
	ChildReminders    Purpose = "C5" // child reminders (guardian)
	ThirdPartySharing Purpose = "C6" // sharing with a named institution
	QuestionBox       Purpose = "C7" // question box, no identity
)

// All are all sets there are.
var All = []Purpose{VisitRecord, Booking, HealthReminders, Migration, ProxyPickup, ChildReminders, ThirdPartySharing, QuestionBox}

// Sensitive reports whether the set needs her own word: an oral yes that a
// cadre wrote down pauses after a week without it.
func (s Purpose) Sensitive() bool { return s != VisitRecord && s != Booking && s != QuestionBox }
