package enrolment

import (
	"errors"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
)

// Unfollow deletes what belongs to the WeChat identity: the link, the chat's
// state, the undo, links to private pages and the pages that are open, who is to
// hear of an answer from the question box, and what waits for the next reply (the
// platform asks for it, 1.5). The cadre keeps her
// office, the resident her records, one who signed up herself too: the clinic
// finds her by the number of her booking until they have served their time. A keyed
// hash of the WeChat stays for a while, by which she is known again who comes back
// and signs up under the same name and phone (see Register).
func Unfollow(tx *record.Tx, openid string, now time.Time) error {
	l, err := person.LoadAccount(tx, openid)
	if err != nil {
		return err
	}
	if err := errors.Join(access.Unbind(tx, openid), keepStood(tx, l, now)); err != nil {
		return err
	}
	for _, r := range l.Residents {
		if err := tx.Delete(record.Key("wechat", r, openid)); err != nil {
			return err
		}
		if err := outbox.DropDeferredOf(tx, r, now); err != nil {
			return err
		}
	}
	if l.Cadre != "" {
		if err := outbox.DropDeferred(tx, "c:"+l.Cadre, now); err != nil {
			return err
		}
	}
	if err := access.RevokeWhere(tx, func(p access.MagicLink) bool { return p.OpenID == openid }); err != nil {
		return err
	}
	if err := questions.StopAll(tx, openid, now); err != nil {
		return err
	}
	for _, kind := range []string{"link", "session", "subscription", "undo"} { // tries stay: leaving must not reset them
		if err := tx.Delete(record.Key(kind, openid)); err != nil {
			return err
		}
	}
	return nil
}
