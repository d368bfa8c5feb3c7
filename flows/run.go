package flows

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"xintiexin/flows/form"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/erasure"
	"xintiexin/storage/record"
)

// maxParked is how many forms are kept aside for one person.
const maxParked = 3

// start opens a flow with what the sentence already says.
func (c *chat) start(f *Flow, sentence string) (Reply, error) {
	return c.startWith(f, sentence, nil)
}

// startWith opens a flow with answers that are known.
func (c *chat) startWith(f *Flow, sentence string, known map[string]string) (Reply, error) {
	c.s.Offers, c.s.More, c.s.Wrong, c.s.Sought = nil, nil, 0, ""
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
	env := c.env(f)
	env.Preset = map[string]string{f.row("office"): c.office()}
	for k, v := range known {
		env.Preset[k] = v
	}
	env.Token = c.s.Step
	s, status, screen, err := form.Start(f.form, sentence, env)
	if err != nil {
		return Reply{}, fmt.Errorf("start %s: %w", f.Name, err)
	}
	if f.trial {
		screen.Say = append([]string{sayTryHead}, screen.Say...)
		if c.t, err = c.t.and(c.tx, f.Name); err != nil {
			return Reply{}, err
		}
	}
	c.s.Flow, c.s.Opened = f.Name, c.m.At.Unix()
	if f.Instant && s.Summing() && !s.Leaving() && len(screen.Say) == 0 { // what was not understood is looked at first
		status = form.Done
	}
	return c.after(f, s, status, screen)
}

// decode reads the open form; the Flow is nil for one that this program no
// longer has.
func (c *chat) decode() (*form.Session, *Flow, error) {
	f := c.t.flow(c.s.Flow)
	if f == nil {
		return nil, nil, nil
	}
	s, err := form.Decode(f.form, c.s.Form)
	if err != nil { // damaged: nobody may be held in a form that cannot be left
		return nil, nil, nil
	}
	return s, f, nil
}

// step hands a message to the open form.
func (c *chat) step(in form.Input) (Reply, error) {
	s, f, err := c.decode()
	if err != nil {
		return Reply{}, err
	}
	if f == nil {
		c.close()
		return c.menu(sayGoneForm)
	}
	if out, err := c.outside(f, s); err != nil {
		return Reply{}, err
	} else if out {
		c.close()
		return c.menu(sayGoneForm)
	}
	s.SetToken(c.s.Step)
	status, screen, err := form.Step(f.form, s, in, c.env(f))
	if err != nil {
		return Reply{}, fmt.Errorf("step %s: %w", f.Name, err)
	}
	if status == form.Asking && f.Instant && s.Summing() && !s.Leaving() && !in.Again && len(screen.Say) == 0 {
		status = form.Done
	}
	return c.after(f, s, status, screen)
}

func (c *chat) env(f *Flow) form.Env {
	env := form.Env{Now: c.m.At, Seed: c.seed(), Lists: c.t.catalog.lists(c, f)}
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

// after does what a step came to: it keeps the session, saves, or throws away.
func (c *chat) after(f *Flow, s *form.Session, status form.Status, screen form.Screen) (Reply, error) {
	troubles, err := c.troubled(f, s.Troubles())
	if err != nil {
		return Reply{}, err
	}
	if f.trial {
		screen.Say = append(screen.Say, troubles...)
	}
	r, err := c.came(f, s, status, screen)
	if !f.trial {
		r.Trouble = troubles
	}
	return r, err
}

// came is after, but for what could not be worked out.
func (c *chat) came(f *Flow, s *form.Session, status form.Status, screen form.Screen) (Reply, error) {
	if stop := s.Get(f.row("stop")); stop != "" { // the flow ended it: somebody said no, or nobody was met
		c.close()
		if f.Ended != nil {
			return f.Ended(c, f, s, stop)
		}
		return c.t.catalog.ended(c, f, s, stop)
	}
	switch status {
	case form.Discarded:
		c.close()
		return c.menu(sayDiscarded)
	case form.Done:
		return c.save(f, s)
	}
	if f.Keep != nil {
		f.Keep(c, s)
	}
	c.s.Step = s.Token()
	c.s.Form = s.AppendBinary(c.s.Form[:0:0])
	r := Reply{Text: join(append(screen.Say, screen.Ask)...), Token: screen.Token}
	for _, o := range screen.Options {
		r.Options = append(r.Options, o.Label)
	}
	return r, nil
}

// save hands the answers to the flow and keeps what can be undone.
func (c *chat) save(f *Flow, s *form.Session) (Reply, error) {
	var r Reply
	held := s.AppendBinary(nil)
	c.close()
	u, err := c.tx.Save(func() (err error) {
		r, err = f.Save(c, f, s)
		return err
	})
	if isNotFound(err) || errors.Is(err, record.ErrScope) { // she moved or was deleted, the record was changed elsewhere
		return c.menu(sayGoneForm)
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
	u.Until, u.Flow, u.Form = c.m.At.Add(record.UndoTime).Unix(), f.Name, held
	u.What = c.title(f, s)
	return r, c.tx.PutUndo(c.m.From, u)
}

func (c *chat) close() { c.s.Flow, c.s.Form, c.s.Opened = "", nil, 0 }

// title names a form put aside or saved: “张翠（一组）”.
func (c *chat) title(f *Flow, s *form.Session) string {
	name := cmp.Or(f.Keyword, f.form.Title)
	if f.trial {
		name = wordTry + " " + f.form.Title
	}
	if who := s.Get(f.row("who")); who != "" {
		return name + " " + who
	}
	return name
}

// park puts the open form aside.
func (c *chat) park() (Reply, error) {
	s, f, err := c.decode()
	if err != nil {
		return Reply{}, err
	}
	if f == nil {
		c.close()
		return Reply{Text: sayParked}, nil
	}
	said := c.putAside(dialogstate.SuspendedForm{Flow: f.Name, Form: c.s.Form, Title: c.title(f, s), At: c.m.At.Unix()})
	c.close()
	return Reply{Text: join(sayParked, said)}, nil
}

// putAside keeps a form for later; what has no room any more is named.
func (c *chat) putAside(p dialogstate.SuspendedForm) (said string) {
	if len(c.s.Parked) >= maxParked {
		said = fmt.Sprintf(sayParkedDrop, c.s.Parked[maxParked-1].Title)
		c.s.Parked = c.s.Parked[:maxParked-1]
	}
	c.s.Parked = append([]dialogstate.SuspendedForm{p}, c.s.Parked...)
	return said
}

// resume takes up the form put aside last.
func (c *chat) resume() (Reply, error) {
	for len(c.s.Parked) > 0 {
		p := c.s.Parked[0]
		c.s.Parked = c.s.Parked[1:]
		f := c.t.flow(p.Flow)
		if f == nil || c.m.At.Sub(time.Unix(p.At, 0)) > dialogstate.SuspendTime {
			continue
		}
		c.s.Flow, c.s.Form, c.s.Opened = p.Flow, p.Form, c.m.At.Unix()
		c.s.Offers = nil
		c.m.Text, c.m.Token = "", 0
		r, err := c.step(form.Input{Again: true})
		r.Text = join(fmt.Sprintf(sayResumed, p.Title), r.Text)
		return r, err
	}
	return c.menu(sayNothingParked)
}

// undo takes back what was saved last.
func (c *chat) undo() (Reply, error) {
	u, err := c.tx.LoadUndo(c.m.From, c.m.At)
	if isNotFound(err) {
		return c.menu(sayNothingToUndo)
	}
	if err != nil {
		return Reply{}, err
	}
	if ok, err := erasure.MayRestore(c.scope, u); err != nil {
		return Reply{}, err
	} else if !ok {
		return c.menu(sayUndoOutside)
	}
	switch err := erasure.Restore(c.tx, c.m.From, u, c.m.At); {
	case isChanged(err):
		return c.menu(sayUndoTooLate)
	case err != nil:
		return Reply{}, err
	}
	if c.t, err = c.t.and(c.tx, u.Flow); err != nil { // the form may have been changed since
		return Reply{}, err
	}
	f := c.t.flow(u.Flow)
	if f == nil || len(u.Form) == 0 {
		return c.menu(fmt.Sprintf(sayUndone, u.What))
	}
	c.putAside(dialogstate.SuspendedForm{Flow: u.Flow, Form: u.Form, Title: u.What, At: c.m.At.Unix()})
	return c.offer(fmt.Sprintf(sayUndone, u.What),
		dialogstate.Option{Label: labelChange, Do: "resume"},
		dialogstate.Option{Label: labelDrop, Do: "drop"}), nil
}

// do carries out what an offer stands for.
func (c *chat) do(what string) (Reply, error) {
	verb, rest, _ := strings.Cut(what, " ")
	act := c.t.catalog.actions[verb]
	if act == nil {
		return Reply{}, fmt.Errorf("offer %q: not known", verb)
	}
	return act(c, rest)
}

// forStaff guards a verb: an offer made while she was staff greets anybody else.
func forStaff(act func(c *chat, rest string) (Reply, error)) func(*chat, string) (Reply, error) {
	return func(c *chat, rest string) (Reply, error) {
		if !c.who.Staff() {
			return c.greet()
		}
		return act(c, rest)
	}
}
