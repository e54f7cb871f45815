-- How many pupils an authority's schools have with a possible session, and how many of them miss a tenth or a half; docs/statistics.md.
WITH school (urn, phase) AS (VALUES {schools}),
pupil AS (
  SELECT registers.la, school.phase, registers.urn, registers.upn,
    sum(CASE WHEN registers.code IN ({possible}) THEN 1 ELSE 0 END) AS possible,
    sum(CASE WHEN registers.code IN ({absent}) THEN 1 ELSE 0 END) AS absent
  FROM registers JOIN school ON school.urn = registers.urn
  WHERE registers.la = '{la}' AND registers.urn IN ({urns}) AND registers.year = {year}
    AND registers.in_force AND registers.code IS NOT NULL AND registers."date" <= DATE '{as_at}'
  GROUP BY registers.la, school.phase, registers.urn, registers.upn
)
SELECT la, phase, count(*) AS enrolments, sum(possible) AS possible, sum(absent) AS absent,
  sum(CASE WHEN 10 * absent >= {persistent} * possible THEN 1 ELSE 0 END) AS persistent,
  sum(CASE WHEN 10 * absent >= {severe} * possible THEN 1 ELSE 0 END) AS severe
FROM pupil WHERE possible > 0 GROUP BY la, phase ORDER BY la, phase
