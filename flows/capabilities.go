package flows

import (
	"io/fs"
	"sync"

	"xintiexin/flows/forms"
	"xintiexin/storage/outbox"
)

// Capabilities lists what the bot can talk about, in the order in which it is asked
// and told.
func Capabilities() []Capability {
	return []Capability{
		safetyCapability(),
		visitCapability(),
		handoverCapability(), accountCapability(),
		directoryCapability(),
		bookingCapability(),
		clinicCapability(),
		documentCapability(),
		callbackCapability(),
		migrationCapability(),
		questionboxCapability(),
		requestCapability(),
		infoCapability(),
		townformCapability(),
		broadcastCapability(),
		careplanCapability(),
		peopleCapability(),
		staffCapability(),
		subjectCapability(),
		subscriptionCapability(),
	}
}

// Forms returns the built-in forms, NAME.md each.
func Forms() fs.FS { return forms.FS }

// New reads the built-in forms.
func New() (*Talk, error) { return NewTalk(Capabilities(), Forms()) }

// noticeWords are the words of all deliveries, put together at the first.
var noticeWords = sync.OnceValue(func() map[string]func(outbox.Delivery) Words { return Notices(Capabilities()) })

// Notice returns the words of a delivery by its kind; the zero Words for a kind
// that this program does not know.
func Notice(d outbox.Delivery) Words {
	if say := noticeWords()[d.Kind]; say != nil {
		return say(d)
	}
	return Words{}
}
