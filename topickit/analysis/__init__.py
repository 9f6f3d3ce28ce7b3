"""Analyses of a fitted model: functions of Fitted that give a small value; they change and write nothing."""
