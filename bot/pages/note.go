package pages

import "net/http"

func (s *server) askNote(v *visit) error    { return refuse(http.StatusNotFound, "noPage") }
func (s *server) note(v *visit) error       { return refuse(http.StatusNotFound, "noPage") }
func (s *server) tellNote(v *visit) error   { return refuse(http.StatusNotFound, "noPage") }
func (s *server) answer(v *visit) error     { return refuse(http.StatusNotFound, "noPage") }
func (s *server) deleteNote(v *visit) error { return refuse(http.StatusNotFound, "noPage") }
func (s *server) askReply(v *visit) error   { return refuse(http.StatusNotFound, "noPage") }
func (s *server) reply(v *visit) error      { return refuse(http.StatusNotFound, "noPage") }
