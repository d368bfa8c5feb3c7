package flows

import "slices"

// everyWord are the keywords of all files, whoever they are for.
func everyWord() []word {
	return slices.Concat(cadreWords(), handOverWords(), accountWords(), peopleWords(), registerWords(), appointmentWords(), clinicWords(), callWords(), awayWords(), requestWords(), guideWords(), officeWords(), alarmWords(), formWords(), broadcastWords(), planWords(), homeWords(), subscriptionWords(), profileWords(), monthWords())
}

// Keywords returns the words that mean something to the bot by themselves,
// whoever writes: no page of a site's data may be called up by one.
func (t *Talk) Keywords() []string {
	all := []string{"看", "改天", "退订", "别记了", "撤回同意", "来", "知道了", "绑定", "我的资料", "谁看过我", "接着发", "都删掉"}
	for _, f := range t.flows {
		if f.Keyword != "" {
			all = append(all, f.Keyword)
		}
	}
	for _, w := range everyWord() {
		all = append(all, w.word)
	}
	return all
}
