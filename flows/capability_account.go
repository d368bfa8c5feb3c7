package flows

// accountCapability: the staff's own accounts, roles that wait for an answer, and what
// somebody who left had in hand.
func accountCapability() Capability {
	return Capability{Name: "account",
		Words:   accountWords(),
		Actions: accountVerbs(),
		Notices: notices(accountNotice, "office_ask", "office_answer", "office_left", "office_note"),
	}
}
