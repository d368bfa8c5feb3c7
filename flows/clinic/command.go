package clinic

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/bookings"
)

// clinicDeeds are the commands of the desk itself; of two words that begin alike the
// longer is meant.
func clinicDeeds() map[string]dialog.DeskCommand {
	return map[string]dialog.DeskCommand{
		"arrive": {Words: []string{"到了", "到", "来了", "报到"}, Do: arrived},
		"finish": {Words: []string{"办完了", "办完", "办好了", "好了", "做完了", "完了"}, Do: finished},
		"miss":   {Words: []string{"没来", "没到", "未到"}, Do: missed},
		"sign":   {Words: []string{"爱人签字", "丈夫签字", "妻子签字", "签字"}, Ask: seatSpouse, Args: true},
		"return": {Words: []string{"复诊", "复查", "下次", "下回"}, Ask: askBack, Args: true},
	}
}

// deedOf finds the deed at the head of a phrase, and what stands behind it.
func deedOf(c *dialog.Turn, phrase string) (name, args string) {
	longest := 0
	for n, d := range c.T.Catalog.Desk {
		for _, w := range d.Words {
			if rest, ok := strings.CutPrefix(phrase, w); ok && len(w) > longest {
				name, args, longest = n, strings.Trim(rest, " ,。.、;:了"), len(w)
			}
		}
	}
	return name, args
}

var bookingNumber = regexp.MustCompile(`\d{4} ?- ?\d{1,4}`)

// numbered is one booking's number in a message, with what is said of it.
type numbered struct{ number, phrase string }

// cutNumbers divides a message into what stands before the first number, and
// numbers with what stands behind each; a number with nothing behind it is meant
// by what follows the next ("0129-05 0129-06 到了").
func cutNumbers(text string) (head string, out []numbered) {
	at := bookingNumber.FindAllStringIndex(text, -1)
	at = slices.DeleteFunc(at, func(i []int) bool {
		before, after := text[:i[0]], text[i[1]:]
		return before != "" && strings.ContainsAny(before[len(before)-1:], "0123456789-") || after != "" && strings.ContainsAny(after[:1], "-")
	})
	for i, span := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		day, n, _ := strings.Cut(strings.ReplaceAll(text[span[0]:span[1]], " ", ""), "-")
		if len(n) == 1 {
			n = "0" + n
		}
		out = append(out, numbered{day + "-" + n, strings.Trim(text[span[1]:end], " ,。.、;:")})
	}
	if len(at) > 0 {
		head = strings.Trim(text[:at[0][0]], " ,。.、;:")
	}
	for i := len(out) - 2; i >= 0; i-- {
		if out[i].phrase == "" {
			out[i].phrase = out[i+1].phrase
		}
	}
	return head, out
}

// desk notes what is said of one or several bookings by their numbers.
func desk(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	head, all := cutNumbers(text)
	if len(all) == 0 {
		return dialog.Reply{}, false, nil
	}
	if head != "" { // “到了 0129-05”: one deed for all numbers
		name, rest := deedOf(c, head)
		if name == "" || rest != "" {
			return dialog.Reply{}, false, nil
		}
		for i := range all {
			all[i].phrase = strings.TrimSpace(head + " " + all[i].phrase)
		}
	}
	c.S.Offers = nil
	if len(all) == 1 {
		r, err := deskOne(c, all[0])
		return r, true, err
	}
	r, err := deskMany(c, all)
	return r, true, err
}

// deskOne answers one number: its card, or what is noted of it.
func deskOne(c *dialog.Turn, n numbered) (dialog.Reply, error) {
	a, err := bookings.AppointmentNumbered(c.Scope, n.number, c.Today)
	if dialog.IsNotFound(err) {
		return dialog.Reply{Text: fmt.Sprintf(dialog.SayNoNumber, n.number)}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if n.phrase == "" {
		return deskCard(c, a.ID)
	}
	name, args, err := deedFor(c, a, n.phrase)
	if err != nil {
		return dialog.Reply{}, err
	}
	d := c.T.Catalog.Desk[name]
	switch {
	case name == "" || args != "" && !d.Args:
		return dialog.Reply{Text: fmt.Sprintf(sayNoWords, a.Number)}, nil
	case d.Ask != nil:
		return d.Ask(c, a, args)
	}
	said := ""
	if err := c.Undoable(a.Number, func() (err error) { said, err = d.Do(c, a, ""); return err }); err != nil {
		return dialog.Reply{}, err
	}
	return afterDeed(c, said)
}

// deedFor is deedOf where the phrase may begin with whose it is: “志强 代领 王秀英”.
func deedFor(c *dialog.Turn, a bookings.Appointment, phrase string) (name, args string, err error) {
	if name, args = deedOf(c, phrase); name != "" {
		return name, args, nil
	}
	people, err := dialog.Pair(c, a.Resident, a.Spouse)
	if err != nil {
		return "", "", err
	}
	for _, r := range people {
		if rest, ok := strings.CutPrefix(phrase, r.Name); ok && r.Name != "" {
			name, args = deedOf(c, strings.TrimLeft(rest, " ,的那份"))
			return name, strings.TrimSpace(r.Name + " " + args), nil
		}
	}
	return "", "", nil
}

// deskMany notes several short deeds in one message; each that could not be is
// said so, the others stand.
func deskMany(c *dialog.Turn, all []numbered) (dialog.Reply, error) {
	var lines []string
	err := c.Undoable(fmt.Sprintf(sayNumbers, len(all)), func() error {
		lines = nil
		for _, n := range all {
			line, err := deedLine(c, n)
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return nil
	})
	if err != nil {
		return dialog.Reply{}, err
	}
	return afterDeed(c, dialog.Join(lines...))
}

func deedLine(c *dialog.Turn, n numbered) (string, error) {
	a, err := bookings.AppointmentNumbered(c.Scope, n.number, c.Today)
	if dialog.IsNotFound(err) {
		return fmt.Sprintf(dialog.SayNoNumber, n.number), nil
	}
	if err != nil {
		return "", err
	}
	name, args := deedOf(c, n.phrase)
	switch d := c.T.Catalog.Desk[name]; {
	case name == "" || args != "" && !d.Args:
		return fmt.Sprintf(sayNoWords, a.Number), nil
	case d.Ask != nil:
		return fmt.Sprintf(sayAlone, a.Number, d.Words[0]), nil
	default:
		return d.Do(c, a, "")
	}
}

// deedOffered carries out a tapped deed: “arrive <appointment>”.
func deedOffered(c *dialog.Turn, rest string) (dialog.Reply, error) {
	name, id, _ := strings.Cut(rest, " ")
	a, err := bookings.Get(c.Scope, id)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return deskOne(c, numbered{a.Number, c.T.Catalog.Desk[name].Words[0]})
}
