package model

// Small chooses among a few classes by the characters of a text.
type Small struct {
	Name    string
	Classes []string
	Linear  Linear
}

// Choose returns the likeliest class and how much likelier it is than the next, as a
// margin of sums.
func (s *Small) Choose(text string) (string, float64) {
	sums := make([]float64, len(s.Classes))
	s.Linear.Sum(Grams(Input{Text: text}), sums)
	best, second := 0, -1
	for i := 1; i < len(sums); i++ {
		switch {
		case sums[i] > sums[best]:
			best, second = i, best
		case second < 0 || sums[i] > sums[second]:
			second = i
		}
	}
	if second < 0 {
		return s.Classes[best], 0
	}
	return s.Classes[best], sums[best] - sums[second]
}

// Small returns the classifier of a name, nil where there is none.
func (m *Model) Small(name string) *Small {
	for i := range m.Smalls {
		if m.Smalls[i].Name == name {
			return &m.Smalls[i]
		}
	}
	return nil
}
