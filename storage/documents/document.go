package documents

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Document is a document that a clinic has for somebody: never what stands on it,
// only where it is on its way to her (domain.md 2.5).
type Document struct {
	ID, Resident string
	Appointment  string
	Number       string // of the appointment, as it is said at the desk
	Slip         bool   `json:",omitempty"` // a slip with which she goes on elsewhere
	SelfOnly     bool   // into her own hands only: every other way is refused here, not only in the talk
	Explain      bool   // a doctor explains it face to face
	State        DocumentState
	Proxy        string       `json:",omitempty"` // whom she named to fetch it; hers to take back
	Mail         bool         `json:",omitempty"` // she wishes it by sealed mail; her address stands on the envelope only
	Day          calendar.Day `json:",omitempty"` // she comes on this day
	Part         string       `json:",omitempty"` // 上午, 下午
	Until        calendar.Day `json:",omitempty"` // kept for her until then
	Here         int64        `json:",omitempty"` // Unix seconds: she wrote that she is at the desk
	By           string       // the clinician who has it
	Handed       string       `json:",omitempty"` // the cadre who wrote down how it ended, "" when she did
	At           int64        // Unix seconds when it was ready
	Reminded     int64        `json:",omitempty"` // Unix seconds
	Ended        int64        `json:",omitempty"` // Unix seconds: in her hands, fetched, mailed, or not wanted
}

// DocumentState is where a paper stands.
type DocumentState string

const (
	Pending  DocumentState = "pending"  // not made out yet
	Ready    DocumentState = "ready"    // can be fetched
	Reminded DocumentState = "reminded" // and she was reminded once
	Signed   DocumentState = "signed"   // in her own hands, by her own word or her signature at the desk
	Proxied  DocumentState = "proxied"  // fetched by the proxy she named
	Mailed   DocumentState = "mailed"   // sent by sealed mail, as she wished
	Kept     DocumentState = "kept"     // kept for her until a day, as she wished
	Waived   DocumentState = "waived"   // she does not want it
)

// DocumentStates are all states, in the order of the norms.
var DocumentStates = [...]DocumentState{Pending, Ready, Reminded, Signed, Proxied, Mailed, Kept, Waived}

// ErrProxy says that nobody, or somebody else, was named to fetch a paper.
var ErrProxy = errors.New("storage: not whom she named")

// paperMoves says which state may follow which. What is kept for her can still
// be fetched; what has ended stays as it is.
var paperMoves = map[DocumentState][]DocumentState{
	Pending:  {Ready},
	Ready:    {Reminded, Signed, Proxied, Mailed, Kept, Waived},
	Reminded: {Signed, Proxied, Mailed, Kept, Waived},
	Kept:     {Signed, Proxied, Mailed, Waived},
}

// Leads reports whether a paper may go from one state to another.
func (s DocumentState) Leads(to DocumentState) bool { return slices.Contains(paperMoves[s], to) }

// Final reports whether nothing follows a state.
func (s DocumentState) Final() bool { return len(paperMoves[s]) == 0 }

// Open reports whether a paper still waits for her on a day. One whose day of
// keeping is past is closed: the clinic has its own copy, and she can ask there.
func (p Document) Open(today calendar.Day) bool {
	return p.State != Pending && !p.State.Final() && (p.Until == 0 || today <= p.Until)
}

// Move is the paper in another state. It returns ErrSelfOnly for a way by which
// it would come into other hands than her own though it must not, and ErrPast
// where the state does not follow or the paper is kept no longer.
func (p Document) Move(to DocumentState, now time.Time) (Document, error) {
	switch {
	case p.SelfOnly && (to == Proxied || to == Mailed):
		return p, record.ErrSelfOnly
	case !p.State.Leads(to), p.State != Pending && !p.Open(calendar.DayOf(now)):
		return p, record.ErrNotAvailable
	}
	p.State = to
	switch {
	case to == Reminded:
		p.Reminded = now.Unix()
	case to.Final():
		p.Ended = now.Unix()
	}
	return p, nil
}

// The limits of result documents.
var (
	KeepDays   = townconfig.NewLimit("keep_paper_days", 180, 30, 366, "资料最长替她留多少天")
	RemindDays = townconfig.NewLimit("remind_paper_days", 7, 1, 60, "资料没来领，几天后提醒一次")
)

// lastPaperDays is how many days before the end of keeping the last message goes out.
const lastPaperDays = 7

// MakeReady, by clinician or clerk, says that the paper of one person of an
// appointment can be fetched, and books the message that says only that, one
// reminder, and one before it is kept no longer. It returns ErrScope for other
// roles and for somebody of the asker's own family, ErrNotFound for a person who
// is not of the appointment, and ErrTwice with the paper that waits already.
func MakeReady(s person.Scope, p Document, cause string, now time.Time) (Document, error) {
	if err := s.AtDesk(p.Resident); err != nil {
		return p, err
	}
	a, err := bookings.Get(s, p.Appointment)
	if err != nil {
		return p, err
	}
	if p.Resident == "" || p.Resident != a.Resident && p.Resident != a.Spouse {
		return p, record.ErrNotFound
	}
	today := calendar.DayOf(now)
	all, err := papers(s.Tx, p.Resident)
	if err != nil {
		return p, err
	}
	for _, old := range all {
		if old.Appointment == a.ID && old.Slip == p.Slip && old.Open(today) {
			return old, record.ErrAlreadyExists
		}
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return p, err
	}
	p.ID, p.Number, p.State, p.By = record.ID("paper", cause, p.Resident), a.Number, Pending, s.Person.Cadre.ID
	p.At, p.Until = now.Unix(), today+calendar.Day(KeepDays.Of(site))
	if p, err = p.Move(Ready, now); err != nil {
		return p, err
	}
	if err := Put(s.Tx, p); err != nil {
		return p, err
	}
	if err := promisePaper(s.Tx, p, today+calendar.Day(RemindDays.Of(site)), now); err != nil {
		return p, err
	}
	return p, s.LogOwn(p.Resident, "ready", now)
}

// promisePaper books what she is told of a paper.
func promisePaper(tx *record.Tx, p Document, remind calendar.Day, now time.Time) error {
	last := p.Until - lastPaperDays
	messages := []outbox.Delivery{
		{Kind: "paper_ready", Earliest: now.Unix(), Latest: remind.At(0, 0).Unix()},
		{Kind: "paper_reminder", Earliest: remind.At(9, 0).Unix(), Latest: (remind + 3).At(20, 0).Unix()},
		{Kind: "paper_last", Earliest: last.At(9, 0).Unix(), Latest: p.Until.At(20, 0).Unix()},
	}
	for _, d := range messages {
		if d.Kind == "paper_last" && last <= remind {
			continue
		}
		d.Cause = Cause(p.ID, d.Kind)
		d.To, d.About, d.Priority, d.Booked = "r:"+p.Resident, p.Resident, 2, now.Unix()
		d.Facts = map[string]string{"paper": p.ID, "until": p.Until.String(), "self": record.If(p.SelfOnly, "yes", "")}
		if _, err := outbox.Enqueue(tx, d); err != nil {
			return err
		}
	}
	return nil
}

func Cause(id, kind string) string { return "paper/" + id + "/" + kind }

// List returns the papers of a resident, newest first: for herself, clinician
// and clerk (ErrNotFound for everybody else).
func List(s person.Scope, resident string) ([]Document, error) {
	if !s.Family[resident] {
		if err := s.AtDesk(resident); err != nil {
			return nil, record.ErrNotFound
		}
	}
	if _, err := s.Client(resident); err != nil {
		return nil, err
	}
	return papers(s.Tx, resident)
}

// Get returns one paper of a resident, as Papers does.
func Get(s person.Scope, resident, id string) (Document, error) {
	all, err := List(s, resident)
	if err != nil {
		return Document{}, err
	}
	if i := slices.IndexFunc(all, func(p Document) bool { return p.ID == id }); i >= 0 {
		return all[i], nil
	}
	return Document{}, record.ErrNotFound
}

// papers reads what there is for a resident, newest first. That she was reminded
// is known by the message that went out.
func papers(tx *record.Tx, resident string) ([]Document, error) {
	all, err := record.Collect(record.List[Document](tx, record.Prefix("paper", resident)))
	if err != nil {
		return nil, err
	}
	for i, p := range all {
		if p.State != Ready {
			continue
		}
		d, err := record.Optional(outbox.DeliveryOf(tx, Cause(p.ID, "paper_reminder")))
		if err != nil {
			return nil, err
		}
		if d.State == outbox.Sent || d.State == outbox.Delivered {
			all[i].State, all[i].Reminded = Reminded, d.Settled
		}
	}
	slices.SortFunc(all, func(a, b Document) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

func Put(tx *record.Tx, p Document) error { return tx.Put(record.Key("paper", p.Resident, p.ID), p) }

// decides returns ErrScope unless the asker may say how a paper goes its way: the
// person herself, or the desk for somebody whom no WeChat stands for, who signed
// on paper. It reports which.
func decides(s person.Scope, resident string) (onPaper bool, err error) {
	if s.Family[resident] {
		return false, nil
	}
	if err := s.AtDesk(resident); err != nil {
		return false, err
	}
	openid, err := person.WeChatOf(s.Tx, resident)
	if err == nil && openid != "" {
		err = record.ErrScope
	}
	return true, err
}

// chosen changes an open paper as the person wishes; other is what stands in who
// has looked where the desk tries to send one that only she can have another way.
func chosen(s person.Scope, resident, id, other string, now time.Time, change func(p *Document, onPaper bool) error) (Document, error) {
	p, err := Get(s, resident, id)
	if err != nil {
		return p, err
	}
	onPaper, err := decides(s, resident)
	if errors.Is(err, record.ErrScope) && p.SelfOnly && other != "" { // she decides on her phone, and not this either
		err = s.LogRefused(resident, other, now, record.ErrSelfOnly)
	}
	if err != nil {
		return p, err
	}
	if err := change(&p, onPaper); err != nil {
		return p, err
	}
	return p, Put(s.Tx, p)
}

// ComeFor keeps the day, and its part, on which she comes for a paper. It returns
// ErrPast for a day that is over or lies behind its keeping.
func ComeFor(s person.Scope, resident, id string, day calendar.Day, part string, now time.Time) (Document, error) {
	return chosen(s, resident, id, "", now, func(p *Document, _ bool) error {
		today := calendar.DayOf(now)
		if !p.Open(today) || day < today || day > p.Until {
			return record.ErrNotAvailable
		}
		p.Day, p.Part = day, part
		return nil
	})
}

// Keep keeps a paper for her until its last day. ErrPast when it is over.
func Keep(s person.Scope, resident, id string, now time.Time) (Document, error) {
	return chosen(s, resident, id, "", now, func(p *Document, onPaper bool) error {
		if p.Day, p.Part = 0, ""; p.State == Kept && p.Open(calendar.DayOf(now)) {
			return nil
		}
		return moved(s, p, Kept, onPaper, now)
	})
}

// Waive ends it: she does not want the paper. ErrPast when it is over.
func Waive(s person.Scope, resident, id string, now time.Time) (Document, error) {
	return chosen(s, resident, id, "", now, func(p *Document, onPaper bool) error { return moved(s, p, Waived, onPaper, now) })
}

// Sign keeps that she has it: her own confirmation, or, at the desk, her
// signature on paper.
func Sign(s person.Scope, resident, id string, now time.Time) (Document, error) {
	p, err := Get(s, resident, id)
	if err != nil {
		return p, err
	}
	if err := moved(s, &p, Signed, !s.Family[resident], now); err != nil {
		return p, err
	}
	return p, Put(s.Tx, p)
}

// moved moves a paper; what the desk writes down for her stands in who has
// looked.
func moved(s person.Scope, p *Document, to DocumentState, desk bool, now time.Time) (err error) {
	if *p, err = p.Move(to, now); err != nil {
		return err
	}
	if !desk {
		return nil
	}
	what := map[DocumentState]string{Signed: "handed", Proxied: "proxy", Mailed: "mailed", Kept: "kept", Waived: "waived"}[to]
	p.Handed = s.Person.Cadre.ID
	return s.LogOwn(p.Resident, what, now)
}

// NameProxy keeps whom she names to fetch a paper, "" nobody any more. It returns
// ErrSelfOnly for a paper that only she can have, ErrConsent when she has not
// agreed to C4, ErrPast when the paper is over.
func NameProxy(s person.Scope, resident, id, name string, now time.Time) (Document, error) {
	return chosen(s, resident, id, "proxy", now, func(p *Document, onPaper bool) error {
		if err := otherWay(s, *p, Proxied, onPaper, name != "", now); err != nil {
			return err
		}
		p.Proxy, p.Mail = name, p.Mail && name == ""
		return nil
	})
}

// WishMail keeps whether she wishes a paper by sealed mail; errors as NameProxy.
func WishMail(s person.Scope, resident, id string, wish bool, now time.Time) (Document, error) {
	return chosen(s, resident, id, "mailed", now, func(p *Document, onPaper bool) error {
		if err := otherWay(s, *p, Mailed, onPaper, wish, now); err != nil {
			return err
		}
		if p.Mail = wish; wish {
			p.Proxy = ""
		}
		return nil
	})
}

// otherWay returns why a paper may not go into other hands. At the desk the
// person signs for it, and that is kept as her consent.
func otherWay(s person.Scope, p Document, to DocumentState, onPaper, wished bool, now time.Time) error {
	if _, err := p.Move(to, now); err != nil {
		if errors.Is(err, record.ErrSelfOnly) && onPaper {
			return s.LogRefused(p.Resident, "proxy", now, err)
		}
		return err
	}
	if !wished { // taking it back needs no consent
		return nil
	}
	if onPaper {
		c := consent.Consent{Resident: p.Resident, Set: purpose.ProxyPickup, Answer: person.Yes, Channel: "paper", By: s.Person.Cadre.ID, At: now.Unix()}
		return errors.Join(consent.Keep(s.Tx, c), s.LogOwn(p.Resident, "proxy", now))
	}
	return consent.CheckAgreed(s.Tx, p.Resident, purpose.ProxyPickup)
}

// HandToProxy keeps that the person whom she named fetched a paper; name is what
// the one at the desk is called. What may not be is refused here and stands in
// who has looked: ErrSelfOnly for a paper that only she can have, ErrProxy when
// she named nobody or somebody else, ErrConsent when she took her consent back.
func HandToProxy(s person.Scope, resident, id, name string, now time.Time) (Document, error) {
	return handed(s, resident, id, Proxied, now, func(p Document) error {
		if name = strings.ReplaceAll(name, " ", ""); name == "" || p.Proxy == "" || !person.SameName(p.Proxy, name) {
			return ErrProxy
		}
		return nil
	})
}

// Mail keeps that a paper was sent; errors as HandToProxy, ErrProxy when she
// did not wish it.
func Mail(s person.Scope, resident, id string, now time.Time) (Document, error) {
	return handed(s, resident, id, Mailed, now, func(p Document) error {
		if !p.Mail {
			return ErrProxy
		}
		return nil
	})
}

// handed moves a paper into other hands, from the desk only, where wished says
// that this is what she wanted.
func handed(s person.Scope, resident, id string, to DocumentState, now time.Time, wished func(Document) error) (Document, error) {
	what := record.If(to == Mailed, "mailed", "proxy")
	p, err := Get(s, resident, id)
	if err != nil {
		return p, err
	}
	if err := s.AtDesk(resident); err != nil {
		if p.SelfOnly { // whoever asks
			err = record.ErrSelfOnly
		}
		return p, err
	}
	_, err = p.Move(to, now)
	if err == nil {
		err = wished(p)
	}
	if err == nil {
		err = consent.CheckAgreed(s.Tx, resident, purpose.ProxyPickup)
	}
	if errors.Is(err, record.ErrSelfOnly) || errors.Is(err, ErrProxy) || errors.Is(err, record.ErrConsent) {
		err = s.LogRefused(resident, what, now, err)
	}
	if err != nil {
		return p, err
	}
	if err := moved(s, &p, to, true, now); err != nil { // from here on it stands in who has looked as done
		return p, err
	}
	return p, Put(s.Tx, p)
}

// NotifyArrival keeps that she is at the desk, and tells who has the paper, once a day.
func NotifyArrival(s person.Scope, resident, id string, now time.Time) (Document, error) {
	if !s.Family[resident] {
		return Document{}, record.ErrNotFound
	}
	p, err := Get(s, resident, id)
	if err != nil {
		return p, err
	}
	today := calendar.DayOf(now)
	if !p.Open(today) {
		return p, record.ErrNotAvailable
	}
	p.Here = now.Unix()
	if err := Put(s.Tx, p); err != nil {
		return p, err
	}
	acting, err := person.Delegate(s.Tx, p.By)
	if err != nil {
		return p, err
	}
	_, err = outbox.Enqueue(s.Tx, outbox.Delivery{
		Cause: "paper/" + p.ID + "/here/" + today.String(), Kind: "paper_here", To: "c:" + acting, About: resident,
		Facts:    map[string]string{"paper": p.ID, "number": p.Number, "day": today.String()},
		Earliest: now.Unix(), Latest: now.Add(2 * time.Hour).Unix(), Booked: now.Unix(), Priority: 1,
	})
	return p, err
}

// StillValid returns why a delivery about a paper is no longer true, "" while
// it is.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	c, err := consent.Load(tx, d.About, purpose.Booking)
	if err != nil || c.Answer == person.No || c.Withdrawn != 0 {
		return "withdrawn", err
	}
	if d.Kind == "paper_return" {
		return bookings.RecallStillValid(tx, d)
	}
	p, err := record.Get[Document](tx, record.Key("paper", d.About, d.Facts["paper"]))
	switch {
	case errors.Is(err, record.ErrNotFound):
		return "gone", nil
	case err != nil:
		return "", err
	case p.State.Final():
		return "ended", nil
	}
	due := calendar.DayOf(time.Unix(d.Earliest, 0))
	switch d.Kind {
	case "paper_ready": // she has seen it already
		return record.If(p.Day != 0 || p.State == Kept || p.Proxy != "" || p.Mail, "answered", ""), nil
	case "paper_reminder": // she has said when, or how
		return record.If(p.Day >= due || p.State != Ready || p.Proxy != "" || p.Mail, "answered", ""), nil
	}
	return "", nil
}

// Ties says whether there is a paper for a resident.
func Ties(tx *record.Tx, resident string) ([]record.Tie, error) {
	for _, err := range tx.Parts(record.Prefix("paper", resident)) {
		return []record.Tie{{}}, err
	}
	return nil, nil
}

// Withdrawn takes from a person's papers whom she named to fetch them, and that
// she wished them by mail, with the consent to it.
func Withdrawn(tx *record.Tx, resident string, set purpose.Purpose, _ time.Time) error {
	if set != purpose.ProxyPickup {
		return nil
	}
	papers, err := record.Collect(record.List[Document](tx, record.Prefix("paper", resident)))
	if err != nil {
		return err
	}
	for _, p := range papers {
		if p.Ended != 0 || p.Proxy == "" && !p.Mail {
			continue
		}
		p.Proxy, p.Mail = "", false
		if err := tx.Put(record.Key("paper", resident, p.ID), p); err != nil {
			return err
		}
	}
	return nil
}
