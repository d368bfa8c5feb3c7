package booking

import (
	"xintiexin/flows/dialog"
)

// Capability: seats: booked, moved, given up, waited for.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "booking",
		Flows:   []*dialog.Flow{&appointment, &bookfor, &rebook},
		Words:   appointmentWords(),
		Calls:   []string{"recall-drop"},
		Phrases: []dialog.Phrase{{Text: "排队", Whole: true, Do: place}, {Text: "排上没", Whole: true, Do: place}},
		Whole: func(c *dialog.Turn, text string) bool {
			_, moves := movesTo(c, text)
			return moves
		},
		Replies: []string{"来", "要", "卡", "会来", "不来", "不来了", "来不了", "先不约"},
		Actions: appointmentVerbs(),
		Intents: intents(),
		Hears: []dialog.Recogniser{
			{Name: "booking.spouse cannot come", Stage: dialog.Confirm, Rank: 5, Hear: spouseAway},
			{Name: "booking.word", Stage: dialog.Confirm, Rank: 40, Hear: bookingWord},
			{Name: "booking.spouse's code", Stage: dialog.Answer, Rank: 60, Hear: spouseCode}, // eight digits are no option's number
			{Name: "booking.answer to a reminder", Stage: dialog.Answer, Rank: 120, Hear: reminderSaid},
			{Name: "booking.spouse's code again", Stage: dialog.OtherWords, Rank: 60, Hear: spouseCode}, // said again once he signed up
			{Name: "booking.wish", Stage: dialog.OtherWords, Rank: 70, Hear: bookingTalk},
			{Name: "booking.what waits", Stage: dialog.Human, Rank: 20, Hear: lostBooking},
		},
		Confirms: map[string]dialog.Confirmation{
			"giveupnow":  {Yes: true, Words: []string{"退", "退了", "退掉", "退号", "不去", "不去了", "不来", "不来了", "不要了", "不想去", "不想去了", "取消"}, Unless: "要", Declines: true, Again: giveUpOne},
			"giveupwait": {Words: []string{"退", "退了", "退号", "排", "排上", "排队", "候补"}}, // 好 is said to 原来的号还给您留着 too
		},
		Home: []dialog.MenuEntry{
			dialog.Entry(10, dialog.Everybody, dialog.LabelBook, "say 约号"),
			dialog.Entry(20, dialog.Known, labelMyBooking, "say 我的预约"),
		},
		Overview: dialog.Overview{Family: bookedOverview, How: bookedHow},
		Moves: &dialog.Movable{
			Open: func(c *dialog.Turn) (bool, error) {
				open, err := openBookings(c)
				return len(open) > 0, err
			},
			Label: labelOtherBooking, Say: "改期",
			Move: func(c *dialog.Turn) (dialog.Reply, error) { return changeDay(c, "") },
		},
		Reminded: remindedOfBooking,
		Notices: dialog.NoticesOf(appointmentNotice, "appointment_ahead", "appointment_eve", "appointment_morning", "appointment_missed",
			"appointment_booked", "appointment_moved", "appointment_cancelled", "offer"),
	}
}
