// Package person holds who there is: villages, households, residents, staff and the accounts
// (WeChats) that stand for them; what one of them may see and do (Scope), the search by name,
// sound, house and phone, the log of who looked, and the audit.
package person
