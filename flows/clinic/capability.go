package clinic

import (
	"slices"

	"xintiexin/flows/dialog"
)

// Capability: the desk of the clinic.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "clinic",
		Intents: intents(),
		Words:   slices.Concat(clinicWords(), releaseWords(), ratingWords()),
		Actions: dialog.AllActions(releaseVerbs(), ratingVerbs(), map[string]dialog.Action{
			"desk":       dialog.ForClinic(deskCard),
			"deed":       dialog.ForClinic(deedOffered),
			"return":     dialog.ForClinic(returnOffered),
			"clinic-day": clinicDay,
		}),
		Hears: []dialog.Recogniser{{Name: "clinic.desk", Stage: dialog.Answer, Rank: 30, Hear: deskSaid}},
		OnOffer: map[string]func(*dialog.Turn, string) (dialog.Reply, bool, error){
			"release-hours": releaseSaid, "release-go": releaseSaid,
		},
		Menu:    []dialog.MenuEntry{dialog.Entry(50, dialog.OnlyClinic, "今日：今天约了谁", "say 今日")},
		Desk:    clinicDeeds(),
		Notices: dialog.NoticesOf(releaseNotice, "release_offer", "release_digest"),
	}
}
