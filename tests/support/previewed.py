"""A page to preview, with a line to take out, a heading, a name and a quote."""

PAGE = """<html lang="nb"><head><title>Brua er åpen</title>
<meta property="article:published_time" content="2026-03-01T09:30:00+01:00"></head><body>
<article><h1>Brua er åpen</h1>
<p class="lead">Brua over fjorden ble åpnet søndag, etter fire år med arbeid og krangel.</p>
<p>Les også: Krangelen om brua</p>
<p>– Vi er stolte av brua, sier ordfører Kari Dahl til avisen før hun kjører over den.</p>
<h2>Dyrere enn ventet</h2>
<p>Prislappen endte på to milliarder kroner, dobbelt så mye som det Stortinget vedtok i 2019.</p>
<p>Hilsen redaksjonen i byen</p></article></body></html>"""
