package subject

import (
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/person"
)

// Line is one line of the day: whom it is about, where she lives, what a tap does.
type Line struct {
	R              person.Resident
	Text, Do, Head string
	Part           linePart
	Counts         bool // somebody waits
}

// linePart is where a line stands: on the walk by where she lives, or below it.
type linePart int

const (
	AtHome  linePart = iota
	ByPhone          // who is away, or wants nobody at her door
	CameBack
	HasBooked
)

// Heads says above the lines which group comes next, and who lives together.
func Heads(c *dialog.Turn, lines []Line) error {
	several := len(c.Scope.Villages()) > 1
	together := func(a, b Line) bool {
		return a.Part == AtHome && b.Part == AtHome && a.R.House != "" && a.R.House == b.R.House && a.R.Group == b.R.Group && a.R.Village == b.R.Village
	}
	last := ""
	villages := map[string]string{} // by id, the name
	for i := range lines {
		l := &lines[i]
		head := ""
		switch l.Part {
		case ByPhone:
			head = sayPartPhone
		case CameBack:
			head = sayPartBack
		default:
			head = l.R.Group
			if several {
				name, known := villages[l.R.Village]
				if !known {
					v, err := person.LoadVillage(c.Tx, l.R.Village)
					if err != nil && !dialog.IsNotFound(err) {
						return err
					}
					name = v.Name
					villages[l.R.Village] = name
				}
				head = name + head
			}
			with := i > 0 && together(lines[i-1], *l)
			if with || i+1 < len(lines) && together(*l, lines[i+1]) {
				head += sayPartHouse + l.R.House
			}
		}
		if head != last && head != "" {
			l.Head, _, _ = strings.Cut(head, sayPartHouse)
			if strings.Contains(head, sayPartHouse) {
				l.Head += sayPartHouse
			}
			l.Head += "："
		}
		last = head
	}
	return nil
}
