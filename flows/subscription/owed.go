package subscription

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/outbox"
)

// headWithOwed puts what waits for this person's next answer at its head. It
// asks for words, never for a digit: digits belong to the question below.
func headWithOwed(c *dialog.Turn, r *dialog.Reply) error {
	if r.Raw || c.M.Kind == dialog.Follow {
		return nil
	}
	to := append(make([]string, 0, 3), "w:"+c.M.From)
	if c.Who.Staff() {
		to = append(to, "c:"+c.Who.Cadre.ID)
	}
	for _, id := range c.Who.Residents {
		to = append(to, "r:"+id)
	}
	head := ""
	for _, t := range to {
		owed, err := outbox.DeferredTo(c.Tx, t, 5)
		if err != nil {
			return err
		}
		for _, d := range owed {
			reason, err := deliverykinds.StillValid(c.Tx, d)
			if err != nil {
				return err
			}
			if d.Latest < c.M.At.Unix() {
				reason = "stale"
			}
			d.Settled = c.M.At.Unix()
			if reason != "" {
				d.State, d.Reason = outbox.Dropped, reason
			} else {
				d.State, d.Channel = outbox.Delivered, "reply"
				head = dialog.Join(head, c.T.Words(d).Text)
			}
			if err := outbox.Put(c.Tx, d); err != nil {
				return err
			}
		}
	}
	if head != "" {
		r.Text = dialog.Join(head, r.Text)
	}
	return nil
}
