package wechat

import (
	"fmt"
	"slices"
	"strings"
)

// Reach is how much an error stops beside its own message.
type Reach int

const (
	ThisMessage  Reach = iota // nothing else
	ThisTemplate              // what goes by the same template
	ThisCall                  // what goes by the same call
	AllCalls                  // everything
	TokenCalls                // fetching the token; what is out is still good
)

// Span is for how long a stop lasts.
type Span int

const (
	NoTime    Span = iota
	Minute         // the platform counts by the minute
	Day            // it counts by the day
	ForPerson      // somebody has to mend something: tried again after a while
)

// Rule is one line of the list of the platform's codes: what it means, and what is
// done about it.
type Rule struct {
	Codes []int
	Means string
	Class Class
	Reach Reach
	Span  Span
	Alarm string // the name of the alarm, "" for none
}

// Rules is the list: the code of each error is looked up in it and nowhere else.
// A code that is not there is Never, with an alarm.
func Rules() []Rule {
	return []Rule{
		{[]int{40001, 40014, 42001}, "access token invalid or expired", RefreshToken, ThisMessage, NoTime, "token"},
		{[]int{-1}, "platform busy", Backoff, ThisMessage, NoTime, ""},
		{[]int{43108}, "two calls for one user at once", Backoff, ThisMessage, NoTime, ""},
		{[]int{45169, 45171}, "tags of one user changed at once, or some of several refused", Backoff, ThisMessage, NoTime, ""},
		{[]int{45011}, "calls a minute used up", Backoff, ThisCall, Minute, ""},
		{[]int{45009}, "calls a day used up", Later, ThisCall, Day, "quota"},
		{[]int{45015}, "the user did not write within the window, or left", Later, ThisMessage, NoTime, ""},
		{[]int{45047}, "customer messages of this window used up", Later, ThisMessage, NoTime, ""},
		{[]int{40003, -41000}, "no openid of a follower", DropUser, ThisMessage, NoTime, ""},
		{[]int{43004, 46004, 50005}, "not a follower", DropUser, ThisMessage, NoTime, ""},
		{[]int{43019}, "on the account's blacklist", DropUser, ThisMessage, NoTime, ""},
		{[]int{48002}, "the user switched off all messages", DropUser, ThisMessage, NoTime, ""},
		{[]int{43101}, "no consent left, or this template switched off", DropTemplate, ThisMessage, NoTime, ""},
		{[]int{70000}, "not delivered, to protect minors", DropMessage, ThisMessage, NoTime, ""},
		{[]int{45168}, "a word that the platform does not let pass", DropMessage, ThisMessage, NoTime, "text"},
		{[]int{45080, 45081, 45072}, "state of “typing”", Ignore, ThisMessage, NoTime, ""},
		{[]int{40036, 40037}, "template id wrong, deleted, or of the other family", Alarm, ThisTemplate, ForPerson, "template"},
		{[]int{43116}, "template restricted", Alarm, ThisTemplate, ForPerson, "template"},
		{[]int{40249}, "marketing content forbidden", Alarm, ThisTemplate, ForPerson, "template"},
		{[]int{40038}, "messages of this template used up, or the request refused", Alarm, ThisTemplate, ForPerson, "template"},
		{[]int{40165}, "page of the mini program invalid", Alarm, ThisTemplate, ForPerson, "template"},
		{[]int{43107}, "subscription notices banned", Alarm, ThisCall, ForPerson, "platform"},
		{[]int{43100, 43106}, "sending refused for the account", Alarm, ThisCall, ForPerson, "platform"},
		{[]int{48001}, "interface not granted", Alarm, ThisCall, ForPerson, "platform"},
		{[]int{48003}, "agreement of the interface not accepted", Alarm, ThisCall, ForPerson, "platform"},
		{[]int{48004}, "interface banned", Alarm, ThisCall, ForPerson, "platform"},
		{[]int{50001}, "interface not authorised", Alarm, ThisCall, ForPerson, "platform"},
		{[]int{50002}, "account restricted or frozen", Alarm, AllCalls, ForPerson, "platform"},
		{[]int{40013, 40125}, "app id or secret wrong", Alarm, AllCalls, ForPerson, "token"},
		{[]int{40243, 50004, 50007}, "secret frozen, token forbidden, account frozen", Alarm, AllCalls, ForPerson, "token"},
		{[]int{40164}, "address of this server not on the allow list", Alarm, AllCalls, ForPerson, "address"},
		{[]int{89503, 89506, 89507}, "the administrator has to confirm this server's address", Alarm, AllCalls, ForPerson, "address"},
		{[]int{40234, 40235}, "API signing was switched on in the console, and has to be off", Alarm, AllCalls, ForPerson, "signing"},
		{[]int{40002, 41001, 41002, 41004, 42003, 43001, 43002, 43003}, "request malformed: parameter, method or scheme", Never, ThisMessage, NoTime, ""},
		{[]int{44002, 44004, 45002, 45008, 47001, 47003, 40033, 40039, 40066}, "content empty, too long or malformed", Never, ThisMessage, NoTime, ""},
		{append(codes(40004, 40012), 40200, 45001, 45007, 45064), "type or size of a message or file", Never, ThisMessage, NoTime, ""},
		{append(codes(40016, 40027), 40054, 40055, 45010, 46002, 46003), "menu malformed", Never, ThisMessage, NoTime, ""},
		{append(codes(65301, 65317), 65320), "menu for some refused", Never, ThisMessage, NoTime, ""},
		{[]int{40029, 40163}, "OAuth code invalid or used", Never, ThisMessage, NoTime, ""},
		{[]int{40032, 49003, 45056, 45057, 45058, 45059, 45157, 45158, 45159}, "tags: too many, malformed, or another account's user", Never, ThisMessage, NoTime, ""},
		{[]int{40052, 40053, 40118, 40121}, "QR code malformed", Never, ThisMessage, NoTime, ""},
		{[]int{40246, 40247, 45026, 45027, 46001}, "templates: keywords, number or category", Never, ThisMessage, NoTime, ""},
		{append(codes(200011, 200022), 200100), "subscription templates refused", Never, ThisMessage, NoTime, ""},
		{[]int{48006}, "resets of quotas used up", Never, ThisMessage, NoTime, ""},
	}
}

// codes are all numbers from first to last.
func codes(first, last int) (all []int) {
	for c := first; c <= last; c++ {
		all = append(all, c)
	}
	return all
}

// RuleOf returns the rule of a code; ok is false when it stands in none.
func RuleOf(code int) (r Rule, ok bool) {
	for _, r := range Rules() {
		if slices.Contains(r.Codes, code) {
			return r, true
		}
	}
	return Rule{Means: "not in this list", Class: Never, Alarm: "notice"}, false
}

// Rule returns the rule of an error of the API. The platform counts the calls for
// a token by themselves: a limit there says nothing of a channel.
func (e *Error) Rule() Rule {
	r, _ := RuleOf(e.Code)
	if e.Call == stablePath && r.Reach == ThisCall {
		r.Reach = TokenCalls
	}
	if e.class != OK {
		r.Class = e.class
	}
	if r.Class == Alarm && r.Span == NoTime { // a token that was refused twice
		r.Reach, r.Span = AllCalls, ForPerson
	}
	return r
}

func (r Reach) String() string {
	return [...]string{"this message", "this template", "this call", "everything", "the token"}[r]
}

func (s Span) String() string {
	return [...]string{"", "a minute", "until midnight", "half an hour, until mended"}[s]
}

// RulesTable is the list as Markdown, for the documentation.
func RulesTable() string {
	var b strings.Builder
	b.WriteString("| code | meaning | act | stops | for | alarm |\n|---|---|---|---|---|---|\n")
	for _, r := range Rules() {
		stops := r.Reach.String()
		if r.Span == NoTime {
			stops = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", spans(r.Codes), r.Means, r.Class, stops, r.Span, r.Alarm)
	}
	return b.String()
}

// spans writes numbers, those in a row as a span.
func spans(all []int) string {
	var parts []string
	for i := 0; i < len(all); {
		j := i
		for j+1 < len(all) && all[j+1] == all[j]+1 {
			j++
		}
		if part := fmt.Sprint(all[i]); j > i+1 {
			parts = append(parts, fmt.Sprintf("%s–%d", part, all[j]))
		} else {
			parts = append(parts, part)
			j = i
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
