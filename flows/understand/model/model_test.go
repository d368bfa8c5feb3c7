package model_test

import (
	"bytes"
	"testing"

	"xintiexin/flows/understand/model"
	"xintiexin/flows/understand/train"
)

func small() *model.Model {
	return train.Make([]train.Example{
		{Input: model.Input{Text: "几点上班", Role: "resident", State: "idle"}, Name: "clinic.hours"},
		{Input: model.Input{Text: "几点开门", Role: "resident", State: "idle"}, Name: "clinic.hours"},
		{Input: model.Input{Text: "在哪检查", Role: "resident", State: "idle"}, Name: "clinic.place"},
		{Input: model.Input{Text: "去哪检查", Role: "resident", State: "idle"}, Name: "clinic.place"},
		{Input: model.Input{Text: "他打我", Role: "resident", State: "idle"}, Name: "danger.violence", Danger: true},
		{Input: model.Input{Text: "他打我了", Role: "resident", State: "idle"}, Name: "danger.violence", Danger: true},
	})
}

func TestAModelComesBackAsItWas(t *testing.T) {
	m := small()
	a, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := model.Decode(a)
	if err != nil {
		t.Fatal(err)
	}
	b, err := back.Encode()
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("another model came back: %v", err)
	}
	if again, _ := small().Encode(); !bytes.Equal(a, again) {
		t.Error("the same sentences made another model")
	}
	for text, want := range map[string]string{"几点下班": "clinic.hours", "在哪查": "clinic.place"} {
		if got := back.Score(model.Input{Text: text, Role: "resident", State: "idle"})[0]; got.Name != want {
			t.Errorf("%s: %+v, want %s", text, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	a, err := small().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := model.Decode(b); err == nil {
			if _, err := m.Encode(); err != nil {
				t.Error(err)
			}
		}
	})
}
