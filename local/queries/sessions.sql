-- How many sessions of an authority's schools have each code in force, by the Department's phase; docs/statistics.md.
WITH school (urn, phase) AS (VALUES {schools})
SELECT registers.la, school.phase, registers.code, count(*) AS sessions
FROM registers JOIN school ON school.urn = registers.urn
WHERE registers.la = '{la}' AND registers.urn IN ({urns}) AND registers.year = {year}
  AND registers.in_force AND registers.code IS NOT NULL AND registers."date" <= DATE '{as_at}'
GROUP BY registers.la, school.phase, registers.code
ORDER BY registers.la, school.phase, registers.code
