package flows

import (
	"io/fs"
	"sync"

	"xintiexin/flows/account"
	"xintiexin/flows/booking"
	"xintiexin/flows/broadcast"
	"xintiexin/flows/callback"
	"xintiexin/flows/careplan"
	"xintiexin/flows/clinic"
	"xintiexin/flows/dialog"
	"xintiexin/flows/directory"
	"xintiexin/flows/document"
	"xintiexin/flows/forms"
	"xintiexin/flows/handover"
	"xintiexin/flows/info"
	"xintiexin/flows/migration"
	"xintiexin/flows/people"
	"xintiexin/flows/questionbox"
	"xintiexin/flows/request"
	"xintiexin/flows/safety"
	"xintiexin/flows/staff"
	"xintiexin/flows/subject"
	"xintiexin/flows/subscription"
	"xintiexin/flows/townform"
	"xintiexin/flows/understand"
	"xintiexin/flows/visit"
	"xintiexin/storage/outbox"
)

// Capabilities lists what the bot can talk about, in the order in which it is asked
// and told.
func Capabilities() []dialog.Capability {
	return []dialog.Capability{
		safety.Capability(),
		visit.Capability(),
		handover.Capability(), account.Capability(),
		directory.Capability(),
		booking.Capability(),
		clinic.Capability(),
		document.Capability(),
		callback.Capability(),
		migration.Capability(),
		questionbox.Capability(),
		request.Capability(),
		info.Capability(),
		townform.Capability(),
		broadcast.Capability(),
		careplan.Capability(),
		people.Capability(),
		staff.Capability(),
		subject.Capability(),
		subscription.Capability(),
	}
}

// Forms returns the built-in forms, NAME.md each.
func Forms() fs.FS { return forms.FS }

// New reads the built-in forms.
func New() (*dialog.Talk, error) {
	understand.Default() // its weights are read now and not at the first message
	return dialog.NewTalk(Capabilities(), Forms())
}

// noticeWords are the words of all deliveries, put together at the first.
var noticeWords = sync.OnceValue(func() map[string]func(outbox.Delivery) dialog.Words { return dialog.Notices(Capabilities()) })

// Notice returns the words of a delivery by its kind; the zero Words for a kind
// that this program does not know.
func Notice(d outbox.Delivery) dialog.Words {
	if say := noticeWords()[d.Kind]; say != nil {
		return say(d)
	}
	return dialog.Words{}
}
