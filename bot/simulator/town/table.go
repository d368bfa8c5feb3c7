package town

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/calendar"
	"xintiexin/storage/calls"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// Row is what became of the messages of a kind. Booked is the sum of the others.
type Row struct {
	Kind      string
	Booked    int
	Delivered int            // a template message accepted, and reported delivered
	Customer  int            // a customer message accepted
	Notice    int            // a subscription notice accepted, of those that she had asked for
	Reply     int            // at the head of the person's next answer
	Called    int            // none of these, but she was spoken to on the telephone
	Unreached int            // none of these
	Dropped   map[string]int // not sent, by reason
	Waiting   int            // its time is not over at the end of the month
}

func (r Row) dropped() int {
	sum := 0
	for _, n := range r.Dropped {
		sum += n
	}
	return sum
}

func (r Row) sum() int {
	return r.Delivered + r.Customer + r.Notice + r.Reply + r.Called + r.Unreached + r.dropped() + r.Waiting
}

// Table is the month's account.
type Table struct {
	Assumed []string
	Rows    []Row
	Total   Row
	Calls   Calls
	Reach   Reach
	Lists   Lists
}

// Calls are those listed to be rung up.
type Calls struct {
	Listed, NoWeChat, Lost, Silent int
	Closed                         int // she was spoken to
	Both                           int // listed as not reached, and reached before: never
}

// Reach is of residents on WeChat to whom something was due in the month.
type Reach struct {
	People, Reached int // reached: each thing was told her at least once, without a call
	Things, Told    int
	Rung            int // of those reached, how many wanted to be rung besides, if they do not answer
}

// Lists are the call lists as they were announced, names a cadre and day.
type Lists struct{ Days, Names, Most int }

// Mean is of the days on which a cadre had a list.
func (l Lists) Mean() float64 {
	if l.Days == 0 {
		return 0
	}
	return float64(l.Names) / float64(l.Days)
}

// reached are the states in which a message arrived.
func reached(d outbox.Delivery) bool { return d.State == outbox.Sent || d.State == outbox.Delivered }

// failed reports whether a delivery came to nothing though it was still true.
func failed(e entry, end int64) bool {
	switch e.State {
	case outbox.Unknown:
		return true
	case outbox.Deferred:
		return e.gone || e.Latest < end
	case outbox.Dropped:
		if e.owed && e.Settled > e.Latest { // it went nowhere, and only then it was true no more
			return true
		}
		return e.Reason == "stale" || strings.HasPrefix(e.Reason, "platform:") || strings.HasPrefix(e.Reason, "refused")
	}
	return false
}

// called is the call by which she was spoken to about what a delivery says.
func (l *Ledger) called(d outbox.Delivery) bool {
	for _, c := range l.calls {
		if c.Done != 0 && c.Paper != "" && c.Paper == d.Facts["paper"] {
			return true
		}
		if c.Done != 0 && c.Paper == "" && "r:"+c.Resident == d.To && c.Appointment == d.Facts["appointment"] && c.Day.String() == d.Facts["day"] && c.Time == d.Facts["time"] {
			return true
		}
	}
	return false
}

// table makes up the account and checks it.
func (t *Town) table() (*Table, error) {
	l := t.Ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	out := &Table{Assumed: t.assumed(), Total: Row{Kind: "all", Dropped: map[string]int{}}}
	rows := map[string]*Row{}
	for _, id := range slices.Sorted(maps.Keys(l.deliveries)) {
		e := l.deliveries[id]
		r := rows[e.Kind]
		if r == nil {
			r = &Row{Kind: e.Kind, Dropped: map[string]int{}}
			rows[e.Kind] = r
		}
		for _, r := range []*Row{r, &out.Total} {
			if err := r.count(e, l.called(e.Delivery), t.end().Unix()); err != nil {
				return nil, err
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(rows)) {
		out.Rows = append(out.Rows, *rows[kind])
	}
	out.Calls, out.Lists = l.tally(), l.lists()
	var err error
	if out.Reach, err = t.reach(); err != nil {
		return nil, err
	}
	return out, errors.Join(out.check(), t.compare())
}

// count adds a delivery to a row.
func (r *Row) count(e entry, called bool, end int64) error {
	r.Booked++
	switch {
	case e.State == outbox.Delivered && e.Channel == "reply":
		r.Reply++
	case e.State == outbox.Sent && e.Channel == "customer":
		r.Customer++
	case reached(e.Delivery) && e.Channel == "notice":
		r.Notice++
	case e.State == outbox.Delivered:
		r.Delivered++
	case e.State == outbox.Sent:
		return fmt.Errorf("a %s was accepted and never reported", e.Kind)
	case e.State == outbox.Claimed:
		return fmt.Errorf("a %s is still being sent", e.Kind)
	case called && failed(e, end):
		r.Called++
	case e.State == outbox.Dropped && !(e.owed && e.Settled > e.Latest):
		r.Dropped[reason(e.Reason)]++
	case failed(e, end):
		r.Unreached++
	case e.gone:
		r.Dropped["forgotten"]++
	case e.Latest < end:
		return fmt.Errorf("a %s is %s past its time", e.Kind, e.State)
	default:
		r.Waiting++
	}
	return nil
}

func reason(s string) string {
	return strings.ReplaceAll(strings.TrimPrefix(s, "platform: "), " ", "_")
}

func (l *Ledger) tally() (c Calls) {
	for _, call := range l.calls {
		c.Listed++
		switch call.Why {
		case calls.NoWeChat:
			c.NoWeChat++
		case calls.Lost:
			c.Lost++
		case calls.Silent:
			c.Silent++
		}
		if call.Done != 0 {
			c.Closed++
		}
		if call.Why != calls.Silent && l.reachedBefore(call) {
			c.Both++
		}
	}
	return c
}

// reachedBefore reports whether the message for which a call was listed had arrived
// by then: the reminder of three days before, on the day itself that of the evening.
func (l *Ledger) reachedBefore(c calls.Call) bool {
	if c.Paper != "" {
		for _, d := range l.deliveries {
			if d.Facts["paper"] == c.Paper && reached(d.Delivery) && d.Settled != 0 && d.Settled < c.Listed {
				return true
			}
		}
		return false
	}
	kind := "appointment_ahead"
	if c.Desk {
		kind = "appointment_eve"
	}
	for _, d := range l.deliveries {
		if d.Kind == kind && d.To == "r:"+c.Resident && d.Facts["appointment"] == c.Appointment && d.Facts["day"] == c.Day.String() &&
			d.Facts["time"] == c.Time && reached(d.Delivery) && d.Settled != 0 && d.Settled < c.Listed {
			return true
		}
	}
	return false
}

// lists reads off the messages to staff how many names stood on their lists.
func (l *Ledger) lists() (out Lists) {
	names := map[string]int{}
	for _, d := range l.deliveries {
		if n, err := strconv.Atoi(d.Facts["count"]); err == nil && d.Kind == "call_list" {
			names[d.To+" "+d.Facts["day"]] += n
		}
	}
	for _, n := range names {
		out.Days++
		out.Names += n
		out.Most = max(out.Most, n)
	}
	return out
}

// thing is what a message to a resident is about: its reminders are several.
func thing(d outbox.Delivery) string {
	switch d.Kind {
	case "appointment_ahead", "appointment_eve", "appointment_morning":
		return d.To + " " + d.Facts["appointment"] + " " + d.Facts["day"] + " " + d.Facts["time"]
	case "paper_ready", "paper_reminder", "paper_last":
		return d.To + " paper " + d.Facts["appointment"] + d.Facts["number"]
	}
	return d.Cause
}

// reach is over residents who have a WeChat at the end of the month.
func (t *Town) reach() (out Reach, err error) {
	type told struct{ due, ok bool }
	things := map[string]map[string]told{} // by resident
	l := t.Ledger
	for _, d := range l.deliveries {
		arrived := reached(d.Delivery)
		if !strings.HasPrefix(d.To, "r:") || d.gone || !arrived && !failed(d, t.end().Unix()) {
			continue
		}
		if things[d.To] == nil {
			things[d.To] = map[string]told{}
		}
		one := things[d.To][thing(d.Delivery)]
		things[d.To][thing(d.Delivery)] = told{true, one.ok || arrived}
	}
	listed, rung := map[string]bool{}, map[string]bool{}
	for _, c := range l.calls {
		listed["r:"+c.Resident] = listed["r:"+c.Resident] || c.Why != calls.Silent
		rung["r:"+c.Resident] = true
	}
	for to, all := range things {
		openid := ""
		err := t.Store.View(t.ctx, func(tx *record.Tx) (err error) {
			openid, err = personstore.WeChatOf(tx, strings.TrimPrefix(to, "r:"))
			return err
		})
		if err != nil {
			return out, err
		}
		if openid == "" {
			continue
		}
		out.People++
		ok := !listed[to]
		for _, one := range all {
			out.Things++
			if one.ok {
				out.Told++
			}
			ok = ok && one.ok
		}
		if ok {
			out.Reached++
			if rung[to] {
				out.Rung++
			}
		}
	}
	return out, nil
}

// check holds the sums.
func (t *Table) check() error {
	sum := Row{Dropped: map[string]int{}}
	for _, r := range t.Rows {
		if r.sum() != r.Booked {
			return fmt.Errorf("%s: %d booked, %d accounted for", r.Kind, r.Booked, r.sum())
		}
		sum.Booked += r.Booked
	}
	switch {
	case t.Total.sum() != t.Total.Booked, sum.Booked != t.Total.Booked:
		return fmt.Errorf("%d booked, %d by kind, %d accounted for", t.Total.Booked, sum.Booked, t.Total.sum())
	case t.Calls.Both > 0:
		return fmt.Errorf("%d people were listed as not reached whom a message had reached", t.Calls.Both)
	}
	return nil
}

// compare holds what the bot keeps of its messages against what the platform took.
func (t *Town) compare() error {
	took := map[fake.Channel]int{}
	once := map[string]bool{}
	for _, p := range t.Platform.Pushes() {
		took[p.Channel]++
		if calendar.Quiet(p.At) {
			return fmt.Errorf("a message was sent at %s", p.At.Format(time.DateTime))
		}
		if p.ClientMsgID == "" {
			continue
		}
		if once[p.ClientMsgID] {
			return errors.New("a template message was taken twice")
		}
		once[p.ClientMsgID] = true
	}
	kept := map[fake.Channel]int{}
	for _, d := range t.Ledger.deliveries {
		switch {
		case reached(d.Delivery) && d.Claimed > d.Latest:
			return fmt.Errorf("a %s was sent when its time was over", d.Kind)
		case d.In != "": // it went along with another
		case reached(d.Delivery) && d.Channel == "customer":
			kept[fake.Custom]++
		case reached(d.Delivery) && d.Channel == "notice":
			kept[fake.Notice]++
		case d.MsgID != 0:
			kept[fake.TemplateSend]++
		}
	}
	if v := t.Platform.Violations(); len(v) > 0 {
		return fmt.Errorf("%d messages said what no push may say, such as %s", len(v), v[0])
	}
	if !maps.Equal(took, kept) {
		return fmt.Errorf("the platform took %v, the bot keeps %v", took, kept)
	}
	return nil
}

// assumed are the assumptions of the month, as lines.
func (t *Town) assumed() []string {
	wechat := 0
	for _, p := range t.people {
		if p.agreed && p.openid != "" {
			wechat++
		}
	}
	on := func(of float64) string { return fmt.Sprintf("%.0f %%", 100*of) }
	lines := []string{
		fmt.Sprintf("%s to %s, %d days; seed %d", t.From, t.From+calendar.Day(t.Days-1), t.Days, t.Seed),
		fmt.Sprintf("%d villages, %d village workers, %d clerks, 1 clinician, 1 administrator; %d people in the directory", len(t.villages), len(t.workers), len(t.clerks), len(t.people)),
		fmt.Sprintf("about %d people have to do with the service, %s of them on WeChat; %s of followers block template messages", t.People, on(t.Bound), on(shareBlocked)),
		fmt.Sprintf("village workers write on %s of the working days, %.0f visits a month in all; clerks and clinic on each day that they work", on(t.Writes), t.scale()*contactsMonth),
		fmt.Sprintf("%.0f couples book a year, and %.0f on the first evening; %s use WeChat, for the others their contact books", t.scale()*couplesYear, t.scale()*burst, on(t.Bound)),
		fmt.Sprintf("of bookings %s move and about %s miss; %s answer the first reminder, %s the second; %s ask to be rung if they do not", on(shareReschedule), on(shareMissed), on(answersAhead), on(answersEve), on(wantsRing)),
		fmt.Sprintf("%.0f away cards and returns a year; %s of people withdraw a consent a year", 2*t.scale()*awayYear, on(shareWithdraw)),
		fmt.Sprintf("%s of messages come in with noise, %s of visits name somebody of another village, %s of messages are delivered twice", on(shareNoise), on(shareElsewhere), on(shareTwice)),
	}
	if t.NoTemplates {
		lines = append(lines, "the account has no template message")
	}
	if t.Accepts > 0 {
		lines = append(lines, fmt.Sprintf("%s accept a subscription notice wherever they are asked, the others never; one accept is one message of one kind; "+
			"those on WeChat were asked when they signed up, before the month, and are asked again where something is promised to them (an estimate: nothing is known of such pages in villages)", on(t.Accepts)))
	}
	if t.Outage != 0 {
		lines = append(lines, fmt.Sprintf("everything is down on %s", t.From+calendar.Day(t.Outage-1)))
	}
	c := t.count
	lines = append(lines, fmt.Sprintf("played: %d bookings by themselves, %d by staff, %d moved; %d came, %d did not", c.self, c.staff, c.moved, c.came, c.missed))
	if t.Accepts > 0 {
		lines = append(lines, fmt.Sprintf("played: the page of notices answered %d times, %d of them with a yes", c.asked, c.accepted))
	}
	return append(lines, fmt.Sprintf("played: %d messages typed, %d delivered twice, %d with noise of which %d were typed again, %d not understood though typed with care, %d answered 系统忙, %d put off by the outage",
		c.typed, c.twice, c.noisy, c.again, c.stuck, c.busy, c.putOff))
}

// Print writes the account as text.
func (t *Table) Print(w io.Writer) {
	for _, a := range t.Assumed {
		fmt.Fprintln(w, "-", a)
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "kind\tbooked\tdelivered\tcustomer\tnotice\tnext reply\tcalled\tunreached\tdropped\tnot yet\t")
	for _, r := range append(slices.Clone(t.Rows), t.Total) {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", r.Kind, r.Booked, r.Delivered, r.Customer, r.Notice, r.Reply, r.Called, r.Unreached, r.dropped(), r.Waiting)
	}
	tw.Flush()
	fmt.Fprintln(w, "\ndropped, by reason:")
	for _, r := range t.Rows {
		if len(r.Dropped) > 0 {
			fmt.Fprintf(w, "  %s: %s\n", r.Kind, byReason(r.Dropped))
		}
	}
	c := t.Calls
	fmt.Fprintf(w, "\ncall lists: %d names (%d without WeChat, %d not reached, %d who did not answer and wanted to be rung then); %d spoken to\n", c.Listed, c.NoWeChat, c.Lost, c.Silent, c.Closed)
	for _, target := range t.Targets() {
		fmt.Fprintln(w, target)
	}
}

func byReason(all map[string]int) string {
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(all[b]-all[a], strings.Compare(a, b)) })
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, all[n])
	}
	return strings.Join(names, ", ")
}

// Targets are what was wanted of the month, and what came out.
func (t *Table) Targets() []string {
	said := func(ok bool, format string, args ...any) string {
		word := "met:    "
		if !ok {
			word = "MISSED: "
		}
		return word + fmt.Sprintf(format, args...)
	}
	r := t.Reach
	return []string{
		said(r.Reached*10 >= r.People*9, "%d of %d residents on WeChat to whom something was due were told each thing without a call (wanted: 90 %%); %d of %d things; %d of these people were rung besides, as they wished, because they did not answer",
			r.Reached, r.People, r.Told, r.Things, r.Rung),
		said(t.Lists.Most <= 5, "%.1f names a cadre and day on call lists in the mean, %d at most (wanted: 5)", t.Lists.Mean(), t.Lists.Most),
		said(t.Calls.Both == 0, "%d people listed as not reached whom a message had reached (wanted: none)", t.Calls.Both),
	}
}
