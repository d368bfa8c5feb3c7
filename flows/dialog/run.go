package dialog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/form"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/erasure"
	"xintiexin/storage/record"
)

// openChoice reports whether text is a choice of the open question: an answer,
// though it may be a keyword too. 电话 is how somebody was met.
func openChoice(c *Turn, text string) bool {
	s, f, err := c.Decode()
	if err != nil || f == nil {
		return false
	}
	q, _ := s.Open()
	if q == nil || q.List == "" {
		return false
	}
	for _, o := range f.Form.Lists[q.List] {
		if o.Label == text || slices.Contains(o.Aliases, text) {
			return true
		}
	}
	return false
}

// Aside puts an open form away before something else is asked.
func (c *Turn) Aside() error {
	if c.S.Flow == "" {
		return nil
	}
	_, err := c.Park()
	return err
}

// maxParked is how many forms are kept aside for one person.
const maxParked = 3

// Start opens a flow with what the sentence already says.
func (c *Turn) Start(f *Flow, sentence string) (Reply, error) {
	return c.StartWith(f, sentence, nil)
}

// StartWith opens a flow with answers that are known.
func (c *Turn) StartWith(f *Flow, sentence string, known map[string]string) (Reply, error) {
	c.S.Offers, c.S.More, c.S.Wrong, c.S.Sought = nil, nil, 0, ""
	if f.Begin != nil {
		first, r, asked, err := f.Begin(c, f, sentence)
		if err != nil || asked {
			return r, err
		}
		known = first
	}
	if f.Sentence != nil {
		sentence, known = f.Sentence(c, sentence, known)
	}
	env := c.Env(f)
	env.Preset = map[string]string{f.Row("office"): c.Office()}
	for k, v := range known {
		env.Preset[k] = v
	}
	env.Token = c.S.Step
	s, status, screen, err := form.Start(f.Form, sentence, env)
	if err != nil {
		return Reply{}, fmt.Errorf("start %s: %w", f.Name, err)
	}
	if f.Trial {
		screen.Say = append([]string{sayTryHead}, screen.Say...)
		if c.T, err = c.T.And(c.Tx, f.Name); err != nil {
			return Reply{}, err
		}
	}
	c.S.Flow, c.S.Opened = f.Name, c.M.At.Unix()
	if f.Instant && s.Summing() && !s.Leaving() && len(screen.Say) == 0 { // what was not understood is looked at first
		status = form.Done
	}
	return c.After(f, s, status, screen)
}

// openForm is a form's session with what it was decoded from.
type openForm struct {
	flow    *Flow
	from    []byte
	session *form.Session
}

// is reports whether it was decoded from these very bytes: sessions are replaced, and
// never written over.
func (o openForm) is(f *Flow, b []byte) bool {
	return o.session != nil && o.flow == f && len(o.from) == len(b) && &o.from[0] == &b[0]
}

// Decode reads the open form, once for all who ask before it is stepped; they must not
// change it. The Flow is nil for one that this program no longer has.
func (c *Turn) Decode() (*form.Session, *Flow, error) {
	f := c.T.Flow(c.S.Flow)
	if f == nil {
		return nil, nil, nil
	}
	if c.open.is(f, c.S.Form) {
		return c.open.session, f, nil
	}
	s, err := form.Decode(f.Form, c.S.Form)
	if err != nil { // damaged: nobody may be held in a form that cannot be left
		return nil, nil, nil
	}
	c.open = openForm{flow: f, from: c.S.Form, session: s}
	return s, f, nil
}

// Step hands a message to the open form.
func (c *Turn) Step(in form.Input) (Reply, error) {
	s, f, err := c.Decode()
	if err != nil {
		return Reply{}, err
	}
	if f == nil {
		c.Close()
		return c.Menu(sayGoneForm)
	}
	if out, err := c.outside(f, s); err != nil {
		return Reply{}, err
	} else if out {
		c.Close()
		return c.Menu(sayGoneForm)
	}
	c.open = openForm{} // the step changes the session
	s.SetToken(c.S.Step)
	status, screen, err := form.Step(f.Form, s, in, c.Env(f))
	if err != nil {
		return Reply{}, fmt.Errorf("step %s: %w", f.Name, err)
	}
	c.refusal = refusal{unsure: s.Unsure()}
	c.refusal.refused, c.refusal.times = s.Refused()
	if status == form.Asking && f.Instant && s.Summing() && !s.Leaving() && !in.Again && len(screen.Say) == 0 {
		status = form.Done
	}
	return c.After(f, s, status, screen)
}

func (c *Turn) Env(f *Flow) form.Env {
	env := form.Env{Now: c.M.At, Seed: c.Seed(), Lists: c.T.Catalog.lists(c, f)}
	if f.Last != nil {
		env.Last = func() (map[string]string, error) { return f.Last(c, f) }
	}
	env.Answered = func(s *form.Session, name string) (*form.Problem, error) {
		if f.Answered == nil {
			return nil, nil
		}
		return f.Answered(c, f, s, name)
	}
	return env
}

// After does what a step came to: it keeps the session, saves, or throws away.
func (c *Turn) After(f *Flow, s *form.Session, status form.Status, screen form.Screen) (Reply, error) {
	troubles, err := troubled(c, f, s.Troubles())
	if err != nil {
		return Reply{}, err
	}
	if f.Trial {
		screen.Say = append(screen.Say, troubles...)
	}
	r, err := came(c, f, s, status, screen)
	if !f.Trial {
		r.Trouble = troubles
	}
	return r, err
}

// came is after, but for what could not be worked out.
func came(c *Turn, f *Flow, s *form.Session, status form.Status, screen form.Screen) (Reply, error) {
	if stop := s.Get(f.Row("stop")); stop != "" { // the flow ended it: somebody said no, or nobody was met
		c.Close()
		if f.Ended != nil {
			return f.Ended(c, f, s, stop)
		}
		return c.T.Catalog.ended(c, f, s, stop)
	}
	switch status {
	case form.Discarded:
		c.Close()
		return c.Menu(sayDiscarded)
	case form.Done:
		return c.save(f, s)
	}
	if f.Keep != nil {
		f.Keep(c, s)
	}
	c.S.Step = s.Token()
	c.S.Form = s.AppendBinary(c.S.Form[:0:0])
	r := Reply{Text: Join(append(screen.Say, screen.Ask)...), Token: screen.Token}
	for _, o := range screen.Options {
		r.Options = append(r.Options, o.Label)
	}
	return r, nil
}

// save hands the answers to the flow and keeps what can be undone.
func (c *Turn) save(f *Flow, s *form.Session) (Reply, error) {
	var r Reply
	held := s.AppendBinary(nil)
	c.Close()
	u, err := c.Tx.Save(func() (err error) {
		r, err = f.Save(c, f, s)
		return err
	})
	if IsNotFound(err) || errors.Is(err, record.ErrScope) { // she moved or was deleted, the record was changed elsewhere
		return c.Menu(sayGoneForm)
	}
	if err != nil {
		return Reply{}, fmt.Errorf("save %s: %w", f.Name, err)
	}
	if f.After != nil {
		return f.After(c)
	}
	if len(u.Writes) == 0 || f.Final {
		return r, nil
	}
	u.Until, u.Flow, u.Form = c.M.At.Add(record.UndoTime).Unix(), f.Name, held
	u.What = title(c, f, s)
	return r, c.Tx.PutUndo(c.M.From, u)
}

func (c *Turn) Close() { c.S.Flow, c.S.Form, c.S.Opened = "", nil, 0 }

// title names a form put aside or saved: “张翠（一组）”.
func title(c *Turn, f *Flow, s *form.Session) string {
	name := cmp.Or(f.Keyword, f.Form.Title)
	if f.Trial {
		name = WordTry + " " + f.Form.Title
	}
	if who := s.Get(f.Row("who")); who != "" {
		return name + " " + who
	}
	return name
}

// Park puts the open form aside.
func (c *Turn) Park() (Reply, error) {
	s, f, err := c.Decode()
	if err != nil {
		return Reply{}, err
	}
	keep, err := dialogstate.SuspendTime(c.Tx)
	if err != nil {
		return Reply{}, err
	}
	parked := fmt.Sprintf(sayParked, int(keep.Hours())/24)
	if f == nil {
		c.Close()
		return Reply{Text: parked}, nil
	}
	said := putAside(c, dialogstate.SuspendedForm{Flow: f.Name, Form: c.S.Form, Title: title(c, f, s), At: c.M.At.Unix()})
	c.Close()
	return Reply{Text: Join(parked, said)}, nil
}

// putAside keeps a form for later; what has no room any more is named.
func putAside(c *Turn, p dialogstate.SuspendedForm) (said string) {
	if len(c.S.Parked) >= maxParked {
		said = fmt.Sprintf(sayParkedDrop, c.S.Parked[maxParked-1].Title)
		c.S.Parked = c.S.Parked[:maxParked-1]
	}
	c.S.Parked = append([]dialogstate.SuspendedForm{p}, c.S.Parked...)
	return said
}

// resume takes up the form put aside last.
func (c *Turn) resume() (Reply, error) {
	keep, err := dialogstate.SuspendTime(c.Tx)
	if err != nil {
		return Reply{}, err
	}
	for len(c.S.Parked) > 0 {
		p := c.S.Parked[0]
		c.S.Parked = c.S.Parked[1:]
		f := c.T.Flow(p.Flow)
		if f == nil || c.M.At.Sub(time.Unix(p.At, 0)) > keep {
			continue
		}
		c.S.Flow, c.S.Form, c.S.Opened = p.Flow, p.Form, c.M.At.Unix()
		c.S.Offers = nil
		c.M.Text, c.M.Token = "", 0
		r, err := c.Step(form.Input{Again: true})
		r.Text = Join(fmt.Sprintf(sayResumed, p.Title), r.Text)
		return r, err
	}
	return c.Menu(sayNothingParked)
}

// undo takes back what was saved last.
func (c *Turn) undo() (Reply, error) {
	u, err := c.Tx.LoadUndo(c.M.From, c.M.At)
	if IsNotFound(err) {
		return c.Menu(sayNothingToUndo)
	}
	if err != nil {
		return Reply{}, err
	}
	if ok, err := erasure.MayRestore(c.Scope, u); err != nil {
		return Reply{}, err
	} else if !ok {
		return c.Menu(sayUndoOutside)
	}
	switch err := erasure.Restore(c.Tx, c.M.From, u, c.M.At); {
	case IsChanged(err):
		return c.Menu(sayUndoTooLate)
	case err != nil:
		return Reply{}, err
	}
	if c.T, err = c.T.And(c.Tx, u.Flow); err != nil { // the form may have been changed since
		return Reply{}, err
	}
	f := c.T.Flow(u.Flow)
	if f == nil || len(u.Form) == 0 {
		return c.Menu(fmt.Sprintf(sayUndone, u.What))
	}
	putAside(c, dialogstate.SuspendedForm{Flow: u.Flow, Form: u.Form, Title: u.What, At: c.M.At.Unix()})
	return c.Offer(fmt.Sprintf(sayUndone, u.What),
		dialogstate.Option{Label: labelChange, Do: "resume"},
		dialogstate.Option{Label: labelDrop, Do: "drop"}), nil
}

// Do carries out what an offer stands for.
func (c *Turn) Do(what string) (Reply, error) {
	verb, rest, _ := strings.Cut(what, " ")
	act := c.T.Catalog.actions[verb]
	if act == nil {
		return Reply{}, fmt.Errorf("offer %q: not known", verb)
	}
	return act(c, rest)
}
