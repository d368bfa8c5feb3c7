// Package subjectaccess gathers all that is kept of a person, for that person.
package subjectaccess
