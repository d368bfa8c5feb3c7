package flows

import (
	"slices"
)

// clinicCapability: the desk of the clinic.
func clinicCapability() Capability {
	return Capability{Name: "clinic",
		Words: slices.Concat(clinicWords(), releaseWords(), ratingWords()),
		Actions: allActions(releaseVerbs(), ratingVerbs(), map[string]action{
			"desk":       forClinic((*chat).deskCard),
			"deed":       forClinic((*chat).deedOffered),
			"return":     forClinic((*chat).returnOffered),
			"clinic-day": (*chat).clinicDay,
		}),
		Hears: []Recogniser{{"clinic.desk", Answer, 30, (*chat).deskSaid}},
		OnOffer: map[string]func(*chat, string) (Reply, bool, error){
			"release-hours": (*chat).releaseSaid, "release-go": (*chat).releaseSaid,
		},
		Menu:    []menuEntry{entry(50, onlyClinic, "今日：今天约了谁", "say 今日")},
		Desk:    clinicDeeds(),
		Notices: notices(releaseNotice, "release_offer", "release_digest"),
	}
}
