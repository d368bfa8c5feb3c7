package requests

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package: requests, and those that only
// the clinic may see.
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "request", Index: []string{"asking", "counter"}, ByResident: []string{"request"},
			Keep: record.Retention{Over: record.Since(record.RequestPeriod, ended)},
			Ties: Ties, Withdrawn: Withdrawn},
		{Name: "hidden", Index: []string{"hidden_open"}, ByResident: []string{"hidden"},
			Keep: record.Retention{Over: record.Since(record.RequestPeriod, func(r Request) int64 { return r.Asked }), Drop: record.Dropping(DropRequest)}},
		{Name: "danger"},
	}
}

// ended is when a request ended (Unix seconds), 0 while it is open.
func ended(r Request) int64 {
	if r.Closed == nil {
		return 0
	}
	return r.Closed.At
}
