package simulate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"clubos/internal/integration"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// VendorConfig returns the vendors' side of the club: its lines, computers, scripts, doors and Slack
// channel. What it leaves open (clock, times, secrets) has the stand-ins' own defaults; the caller may
// change it before vendor.Start.
func (c *Club) VendorConfig() vendor.Config {
	cfg := vendor.Config{Slack: vendor.SlackConfig{Channels: []string{SlackChannel}}}
	cfg.SMS.Lines = map[string]string{}
	for i, l := range c.Locations {
		cfg.SMS.Lines[l.Line] = fmt.Sprintf("PNsim%d", i+1)
		cfg.Doors.Doors = append(cfg.Doors.Doors, vendor.Door{ID: l.Door.Ref, Name: l.Name + " " + l.Door.Name})
		for _, b := range l.Bays {
			cfg.RMM.Devices = append(cfg.RMM.Devices, vendor.Device{ID: b.PC.number(), Name: b.PC.Name})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Scripts)) {
		name := strings.TrimPrefix(key, scriptPrefix)
		cfg.RMM.Scripts = append(cfg.RMM.Scripts, vendor.Script{ID: int64(c.Scripts[key]), Name: name, Repairs: name == "restart_trackman"})
	}
	return cfg
}

// number is the RMM's id of a computer; 0 for a device that has none.
func (d Device) number() int64 {
	n, err := strconv.ParseInt(d.Ref, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Connect stores the stand-ins' addresses and credentials as the club's integrations, as an admin would
// enter those of real vendors. They change with every start of the stand-ins.
func Connect(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, v *vendor.Vendors) error {
	sms, rmm, doors, slack := v.SMS.Config(), v.RMM.Config(), v.Doors.Config(), v.Slack.Config()
	host, port := v.Mail.Address()
	mail, pager := v.Mail.Config(), v.Pager.Config()
	all := []struct {
		name   string
		fields integration.Fields
	}{
		{"openphone", integration.Fields{"api_key": sms.OpenPhoneKey, "webhook_secret": sms.OpenPhoneSecret, "legacy_key": sms.LegacyKey, "base_url": v.SMS.URL()}},
		{"twilio", integration.Fields{"account_sid": sms.TwilioSID, "auth_token": sms.TwilioToken, "base_url": v.SMS.URL()}},
		{"ninjaone", integration.Fields{"client_id": rmm.ClientID, "client_secret": rmm.ClientSecret, "refresh_token": rmm.RefreshToken, "base_url": v.RMM.URL()}},
		{"unifi", integration.Fields{"token": doors.Token, "webhook_secret": doors.WebhookSecret, "pin": v.Doors.Pin(), "base_url": v.Doors.URL()}},
		{"slack", integration.Fields{"bot_token": slack.BotToken, "signing_secret": slack.SigningSecret, "base_url": v.Slack.URL() + "/api"}},
		{"pagerduty", integration.Fields{"routing_key": pager.RoutingKey, "webhook_secret": pager.WebhookSecret, "base_url": v.Pager.URL()}},
		{"email", integration.Fields{"host": host, "port": port, "from": "Fairway 24 <calls@fairway24.example>", "username": mail.Username, "password": mail.Password, "pin": v.Mail.Pin()}},
		{"bookings", integration.Fields{"webhook_secret": BookingSecret}},
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		for _, a := range all {
			if err := integration.Put(ctx, tx, keys, by(), a.name, a.fields); err != nil {
				return fmt.Errorf("connect %s: %w", a.name, err)
			}
		}
		return nil
	})
}

// BookingSecret signs the synthetic booking system's webhooks. It guards nothing outside a simulation.
const BookingSecret = "whsec_c2ltdWxhdGVkLWJvb2tpbmdzLXNlY3JldA==" // of a simulation
