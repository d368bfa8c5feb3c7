package changes

import recordstore "xintiexin/storage/record"

// Kinds returns the kinds of records of this package.
func Kinds() []recordstore.Kind {
	return []recordstore.Kind{{Name: "handing"}, {Name: "handed", Joins: true}, {Name: "withdrawn"}}
}
