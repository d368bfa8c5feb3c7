// Package consent keeps the yes or no of a person to each purpose, with the text that was told, and
// takes it back with everything that rests on it (record.Kind.Withdrawn).
package consent
