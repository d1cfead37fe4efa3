package delegations

// ClaimReminder lets a test move the clock over a day's end.
var ClaimReminder = claimReminder
