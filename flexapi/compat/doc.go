// Package compat tries package flexapi with the client library of the platform, twilio-go.
package compat
