package understand

import "xintiexin/storage/calendar"

// World is the invented town in which the sentences of the corpus were written.
type World struct {
	Day    calendar.Day
	People []string
	Staff  []string
}

// Invented returns the town of the corpus: its day, the people whom its cadre knows and
// the staff.
func Invented() World {
	return World{
		Day:    calendar.Date(2026, 12, 1),
		People: []string{"郭敏", "吕芬", "石文霞", "康琴", "侯永云", "周桂兰", "高霞", "孟丽", "段林", "范淑波", "刘小燕", "吴娟", "陈志强", "何静", "马兰"},
		Staff:  []string{"王桂英", "赵文静", "李静", "孙玉梅", "田春兰"},
	}
}

// Names returns the directory of the town.
func (w World) Names() *Directory { return NewDirectory(w.People, w.Staff) }
