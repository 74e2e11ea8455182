"""Statements of the agenda: two functions, for the sweeper alone."""

WORK = "SELECT env, kind FROM pay.work_due(%s)"
ADOPT = "pay.due_adopt()"
