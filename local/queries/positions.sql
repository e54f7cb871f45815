-- How many pupils of an authority's schools meet the threshold, and miss a tenth or a half, school by school; docs/statistics.md.
SELECT positions.la, positions.urn, sum(cardinality(pupils)) AS pupils,
  sum(cardinality(filter(pupils, pupil -> pupil.met))) AS met,
  sum(cardinality(filter(pupils, pupil -> pupil.persistent))) AS persistent,
  sum(cardinality(filter(pupils, pupil -> pupil.severe))) AS severe
FROM positions
WHERE positions.la = '{la}' AND positions.urn IN ({urns}) AND positions.year = {year}
GROUP BY positions.la, positions.urn ORDER BY positions.la, positions.urn
