package handover
