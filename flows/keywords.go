package flows

import "slices"

// Keywords returns the words that mean something to the bot by themselves,
// whoever writes: no page of a site's data may be called up by one.
func (t *Talk) Keywords() []string {
	var all []string
	for _, f := range t.flows {
		if f.Keyword != "" {
			all = append(all, f.Keyword)
		}
	}
	for _, w := range slices.Concat(cadreWords(), registerWords(), appointmentWords(), clinicWords(), requestWords()) {
		all = append(all, w.word)
	}
	return append(all, "看", "改天", "退订", "别记了", "撤回同意", "来", "知道了", "绑定")
}
