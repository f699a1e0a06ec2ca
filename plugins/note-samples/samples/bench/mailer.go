package mailer

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/smtp"
	"strings"
	"time"
)

//go:embed templates/*.html
var files embed.FS

type Address struct {
	Name, Mail string
}

func (a Address) String() string {
	if a.Name == "" {
		return a.Mail
	}
	return fmt.Sprintf("%q <%s>", a.Name, a.Mail)
}

type Message struct {
	From    Address
	To      []Address
	Subject string
	Body    string
}

// Transport is what carries a message away. Tests bring their own.
type Transport interface {
	Deliver(ctx context.Context, message Message) error
}

type SMTPTransport struct {
	Host string
	Auth smtp.Auth
}

func (t SMTPTransport) Deliver(_ context.Context, message Message) error {
	recipients := make([]string, 0, len(message.To))
	for _, address := range message.To {
		recipients = append(recipients, address.Mail)
	}
	return smtp.SendMail(t.Host, t.Auth, message.From.Mail, recipients, encode(message))
}

func encode(message Message) []byte {
	var buffer bytes.Buffer
	names := make([]string, len(message.To))
	for i, address := range message.To {
		names[i] = address.String()
	}
	fmt.Fprintf(&buffer, "From: %s\r\nTo: %s\r\n", message.From, strings.Join(names, ", "))
	fmt.Fprintf(&buffer, "Subject: %s\r\nContent-Type: text/html; charset=utf-8\r\n\r\n", message.Subject)
	buffer.WriteString(message.Body)
	return buffer.Bytes()
}

// Sender fills templates and tries more than once.
type Sender struct {
	transport Transport
	templates *template.Template
	attempts  int
	pause     time.Duration
}

func NewSender(transport Transport) (*Sender, error) {
	parsed, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parsing templates: %w", err)
	}
	return &Sender{transport: transport, templates: parsed, attempts: 3, pause: time.Second}, nil
}

func (s *Sender) Send(ctx context.Context, name string, message Message, data any) error {
	var body bytes.Buffer
	if err := s.templates.ExecuteTemplate(&body, name+".html", data); err != nil {
		return fmt.Errorf("template %s: %w", name, err)
	}
	message.Body = body.String()
	var last error
	for attempt := 1; attempt <= s.attempts; attempt++ {
		if last = s.transport.Deliver(ctx, message); last == nil {
			return nil
		}
		slog.Warn("mail was not delivered", "attempt", attempt, "error", last)
		if err := wait(ctx, s.pause*time.Duration(attempt)); err != nil {
			return err
		}
	}
	return fmt.Errorf("gave up after %d attempts: %w", s.attempts, last)
}

func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func SplitList(text string) []Address {
	var list []Address
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, mail, found := strings.Cut(part, "<")
		if !found {
			list = append(list, Address{Mail: part})
			continue
		}
		list = append(list, Address{Name: strings.TrimSpace(name), Mail: strings.TrimSuffix(mail, ">")})
	}
	return list
}
