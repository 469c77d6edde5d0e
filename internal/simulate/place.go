package simulate

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
)

// place is what is written about a location of the demo club. What it leaves out is the example that
// the library of procedures gives for the variable.
type place struct {
	name, zone, provider, area string
	bays                       int
	details                    map[string]string
}

func demoPlaces() []place {
	return []place{
		{"Northside", "America/New_York", "openphone", "212", 4, map[string]string{
			"address": "480 Northside Avenue", "wifi_name": "Fairway24-Northside", "wifi_password": "eagle-on-nine",
			"parking":      "Parking is free in the lot behind the building, in the spots marked F24.",
			"restrooms":    "The restrooms are down the hall behind bay 4; no code is needed.",
			"rental_clubs": "Two right-handed sets and one left-handed set stand in the rack by the entrance, free to use.",
		}},
		{"Harbour", "America/New_York", "openphone", "917", 3, map[string]string{
			"address": "7 Pier Road", "wifi_name": "Marina-Guest", "wifi_password": "calm-water-72",
			"parking":       "Park in the marina's garage; the first three hours are free with the code on the bay's screen.",
			"restrooms":     "The restrooms are across the quay door on the left.",
			"staffed_hours": "Someone is on site Sundays from noon to 4 pm.",
		}},
		{"Old Mill", "America/Chicago", "twilio", "312", 3, map[string]string{
			"address": "33 Mill Lane", "wifi_name": "OldMill-Golf", "wifi_password": "wheel-and-water",
			"parking":   "Parking is free in the mill's yard.",
			"restrooms": "The restrooms are on the ground floor beside the old wheel.",
		}},
	}
}

// morePlaces invents locations beyond the demo club's three, for load tests.
func placeAt(i int) place {
	if demo := demoPlaces(); i < len(demo) {
		return demo[i]
	}
	zones := []string{"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "Europe/Berlin", "Australia/Sydney"}
	p := place{name: "Site " + strconv.Itoa(i+1), zone: zones[i%len(zones)], provider: "openphone", bays: 4, details: map[string]string{
		"address": strconv.Itoa(10+i) + " Main Street", "wifi_name": "Fairway24-" + strconv.Itoa(i+1), "wifi_password": "birdie-" + strconv.Itoa(1000+i),
	}}
	if i%3 == 2 {
		p.provider = "twilio"
	}
	return p
}

// scripts numbers the scripts that the catalogue's actions need, as the RMM of the club would.
func scripts() (map[string]int, error) {
	c, err := catalogue.Load()
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, a := range c.All() {
		if key := a.Call.Setting; key != "" && out[key] == 0 {
			out[key] = 101 + len(out)
		}
	}
	return out, nil
}

// details returns everything replies and actions may ask of a location.
func (p place) allDetails(clubName, line string, scripts map[string]int) map[string]string {
	out := map[string]string{}
	for _, v := range knowledge.Variables() {
		if v.OfPlace {
			out[v.Name] = v.Example
		}
	}
	for key, id := range scripts {
		out[key] = strconv.Itoa(id)
	}
	out["club_name"], out["club_phone"], out["club_email"] = clubName, line, "hello@example.com"
	out["booking_url"], out["gift_cards"] = "book.example.com", "Gift cards of any amount are at book.example.com/gift."
	maps.Copy(out, p.details)
	return out
}

func inventLocations(o Options, scripts map[string]int) []Location {
	out := make([]Location, o.Locations)
	for i := range out {
		p := placeAt(i)
		bays := p.bays
		if o.BaysEach > 0 {
			bays = o.BaysEach
		}
		slug := strings.ReplaceAll(strings.ToLower(p.name), " ", "-")
		// Lines are the numbers 0100 of area codes that members' numbers leave free.
		line := lineNumber(i)
		l := Location{Slug: slug, Name: p.name, TimeZone: p.zone, Provider: p.provider, Line: line, Details: p.allDetails(o.Name, line, scripts)}
		l.Door = Device{Kind: club.DeviceDoor, Name: "front door", Vendor: "unifi", Ref: uuidOf(string(o.Slug), slug, "door")}
		l.Hub = Device{Kind: club.DeviceHub, Name: p.name + " door hub", Vendor: "unifi", Ref: macOf(string(o.Slug), slug, "hub")}
		for n := 1; n <= bays; n++ {
			ref := 1000*(i+1) + n
			l.Bays = append(l.Bays, Bay{Number: n, Name: fmt.Sprintf("Bay %d", n),
				PC:      Device{Kind: club.DevicePC, Name: fmt.Sprintf("%s-BAY%d", strings.ToUpper(strings.ReplaceAll(slug, "-", "")), n), Vendor: "ninjaone", Ref: strconv.Itoa(ref)},
				Tracker: Device{Kind: club.DeviceTracker, Name: fmt.Sprintf("Launch monitor %d", n), Vendor: unmanaged, Ref: fmt.Sprintf("tracker-%s-%d", slug, n)},
				Display: Device{Kind: club.DeviceDisplay, Name: fmt.Sprintf("Projector %d", n), Vendor: unmanaged, Ref: fmt.Sprintf("display-%s-%d", slug, n)},
			})
		}
		out[i] = l
	}
	return out
}

// unmanaged is the vendor of devices that no connector speaks to.
const unmanaged = "unmanaged"

func hashOf(parts ...string) [32]byte { return sha256.Sum256([]byte(strings.Join(parts, "\x00"))) }

// uuidOf returns a UUID of version 8 (RFC 9562) that is always the same for the same parts.
func uuidOf(parts ...string) string {
	h := hashOf(parts...)
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// macOf returns a locally administered MAC address as UniFi writes device ids.
func macOf(parts ...string) string {
	h := hashOf(parts...)
	return fmt.Sprintf("%02x%010x", h[0]&0xfc|0x02, binary.BigEndian.Uint64(h[1:9])>>24)
}
