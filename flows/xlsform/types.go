package xlsform

import (
	"strings"

	"xintiexin/flows/form"
)

// kind is what a word in the type column makes of its row.
type kind struct {
	name string    // XLSForm's name of the type
	form form.Type // "" for rows that are no question
	does action
}

type action uint8

const (
	ask        action = iota // a question, a note, or a value
	begin                    // begin_group, begin_repeat
	end                      // end_group, end_repeat
	media                    // can be answered only with a picture, a sound, a place
	ignore                   // left out with a warning
	attach                   // names an attached file
	refuse                   // cannot be asked in chat
	obsolete                 // has a replacement
	choose                   // select_one and its like
	chooseFrom               // select_one_from_file and its like
)

// kinds holds every type and what else pyxform calls it, spelled in lower case
// with _ between words.
var kinds = func() map[string]kind {
	m := map[string]kind{}
	add := func(k kind, words ...string) {
		for _, w := range append(words, strings.ToLower(k.name)) {
			m[w] = k
		}
	}
	add(kind{"text", form.Text, ask}, "string", "q_string", "add_text_prompt", "barcode", "q_barcode", "add_barcode_prompt", "tel")
	add(kind{"integer", form.Integer, ask}, "int", "q_int", "add_integer_prompt")
	add(kind{"decimal", form.Decimal, ask}, "q_decimal", "add_decimal_prompt")
	add(kind{"range", form.Range, ask})
	add(kind{"note", form.Note, ask}, "q_note", "add_note_prompt")
	add(kind{"acknowledge", form.Acknowledge, ask}, "trigger", "q_acknowledge", "add_acknowledge_prompt")
	add(kind{"date", form.Date, ask}, "q_date", "add_date_prompt")
	add(kind{"time", form.Time, ask}, "q_time", "add_time_prompt")
	add(kind{"dateTime", form.DateTime, ask}, "date_time", "q_datetime", "add_datetime_prompt", "add_date_time_prompt")
	add(kind{"calculate", form.Calculate, ask}, "q_calculate", "add_calculate_prompt")
	add(kind{"hidden", form.Hidden, ask})
	for _, w := range []string{"start", "end", "today", "username", "phonenumber", "deviceid", "email", "simserial", "subscriberid"} {
		add(kind{w, form.Meta, ask})
	}
	add(kind{"start", form.Meta, ask}, "start_time", "get_start_time")
	add(kind{"end", form.Meta, ask}, "end_time", "get_end_time")
	add(kind{"today", form.Meta, ask}, "get_today")
	add(kind{"deviceid", form.Meta, ask}, "device_id", "get_device_id", "imei")
	add(kind{"phonenumber", form.Meta, ask}, "phone_number", "get_phone_number")
	add(kind{"simserial", form.Meta, ask}, "sim_serial", "get_sim_id", "sim_id")
	add(kind{"subscriberid", form.Meta, ask}, "subscriber_id", "get_subscriber_id")

	add(kind{"begin_group", form.Group, begin})
	add(kind{"begin_repeat", form.Repeat, begin})
	add(kind{"end_group", form.Group, end})
	add(kind{"end_repeat", form.Repeat, end})

	add(kind{"image", form.Media, media}, "photo", "q_picture", "q_image", "add_image_prompt", "add_photo_prompt")
	add(kind{"audio", form.Media, media}, "q_audio", "add_audio_prompt")
	add(kind{"video", form.Media, media}, "q_video", "add_video_prompt")
	add(kind{"geopoint", form.Media, media}, "gps", "location", "q_location", "q_geopoint", "add_location_prompt")

	add(kind{"audit", "", ignore})
	add(kind{"start-geopoint", "", ignore})
	add(kind{"background-geopoint", "", ignore})
	add(kind{"csv-external", "", attach})

	for _, w := range []string{"file", "geotrace", "geoshape", "background-audio", "osm", "xml-external"} {
		add(kind{w, "", refuse})
	}
	for _, w := range []string{"begin_loop", "end_loop", "include", "cascading_select"} {
		add(kind{w, "", obsolete})
	}

	add(kind{"select_one", form.SelectOne, choose}, "select1", "select_one_from", "add_select_one_prompt_using", "select_one_external")
	add(kind{"select_multiple", form.SelectMultiple, choose}, "select_all_that_apply", "select_all_that_apply_from", "add_select_multiple_prompt_using")
	add(kind{"rank", form.Rank, choose}, "odk:rank")
	add(kind{"select_one_from_file", form.SelectOne, chooseFrom})
	add(kind{"select_multiple_from_file", form.SelectMultiple, chooseFrom})
	return m
}()

// suggested are the types that a misspelt one is compared with.
var suggested = []string{
	"text", "integer", "decimal", "range", "select_one", "select_multiple", "select_one_from_file", "select_multiple_from_file",
	"rank", "note", "acknowledge", "date", "time", "dateTime", "calculate", "hidden", "begin_group", "end_group",
	"begin_repeat", "end_repeat", "start", "end", "today", "username", "phonenumber", "deviceid", "image", "audio", "video", "geopoint",
}

// typed is a cell of the type column taken apart.
type typed struct {
	kind
	word  string // the type as written, without what follows
	list  string // of select_one: the list, the file, or ${question}
	other bool   // or_other
	extra string // words that mean nothing here
}

// parseType reads "select_one yes_no or_other"; ok is false when the type is
// not known.
func parseType(cell string) (t typed, ok bool) {
	words := strings.Fields(cell)
	for n := min(len(words), 6); n > 0; n-- {
		name := strings.ToLower(strings.Join(words[:n], "_"))
		k, known := kinds[name]
		if !known {
			continue
		}
		t = typed{kind: k, word: strings.Join(words[:n], " ")}
		t.take(words[n:])
		return t, true
	}
	if len(words) > 0 {
		t.word = words[0]
	}
	return t, false
}

func (t *typed) take(rest []string) {
	if (t.does == choose || t.does == chooseFrom) && len(rest) > 0 {
		t.list, rest = rest[0], rest[1:]
		switch strings.ToLower(strings.Join(rest, "_")) {
		case "or_other", "or_specify_other", "specify_other", "other":
			t.other, rest = true, nil
		}
	}
	t.extra = strings.Join(rest, " ")
}

// Words for yes and no in the columns required and read_only.
func yes(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "true", "true()":
		return true
	}
	return false
}

func no(s string) bool {
	switch strings.ToLower(s) {
	case "", "no", "false", "false()":
		return true
	}
	return false
}
