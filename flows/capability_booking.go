package flows

// bookingCapability: seats: booked, moved, given up, waited for.
func bookingCapability() Capability {
	return Capability{Name: "booking",
		Flows:   []*Flow{&appointment, &bookfor, &rebook},
		Words:   appointmentWords(),
		Calls:   []string{"recall-drop"},
		Phrases: []talk{{"排队", true, (*chat).place}, {"排上没", true, (*chat).place}},
		Whole: func(c *chat, text string) bool {
			_, moves := c.movesTo(text)
			return moves
		},
		Replies: []string{"来", "要", "卡", "会来", "不来", "不来了", "来不了", "先不约"},
		Actions: appointmentVerbs(),
		Hears: []Recogniser{
			{"booking.word", Confirm, 40, (*chat).bookingWord},
			{"booking.spouse's code", Answer, 60, (*chat).spouseCode}, // eight digits are no option's number
			{"booking.answer to a reminder", Answer, 120, (*chat).reminderSaid},
			{"booking.spouse's code again", Intent, 60, (*chat).spouseCode}, // said again once he signed up
			{"booking.wish", Intent, 70, (*chat).bookingTalk},
			{"booking.what waits", Human, 20, (*chat).lostBooking},
		},
		Confirms: map[string]confirmation{
			"giveupnow":  {yes: true, words: []string{"退", "退了", "退掉", "退号", "不去", "不去了", "不来", "不来了", "不要了", "不想去", "不想去了", "取消"}, unless: "要", declines: true, again: (*chat).giveUpOne},
			"giveupwait": {words: []string{"退", "退了", "退号", "排", "排上", "排队", "候补"}}, // 好 is said to 原来的号还给您留着 too
		},
		Home: []menuEntry{
			entry(10, everybody, labelBook, "say 约号"),
			entry(20, known, labelMyBooking, "say 我的预约"),
		},
		Overview: overview{family: (*chat).bookedOverview, how: (*chat).bookedHow},
		Moves: &movable{
			open: func(c *chat) (bool, error) {
				open, err := c.openBookings()
				return len(open) > 0, err
			},
			label: labelOtherBooking, say: "改期",
			move: func(c *chat) (Reply, error) { return c.changeDay("") },
		},
		Reminded: (*chat).remindedOfBooking,
		Notices: notices(appointmentNotice, "appointment_ahead", "appointment_eve", "appointment_morning", "appointment_missed",
			"appointment_booked", "appointment_moved", "appointment_cancelled", "offer"),
	}
}
