// Tables of the report can be sorted by a column, and filtered. Nothing that is told needs this.
"use strict";

for (const table of document.querySelectorAll("table")) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
        if (!head.textContent || body.rows.length < 2)
            return;
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
            const down = head.getAttribute("aria-sort") === "ascending";
            for (const other of table.tHead.rows[0].cells)
                other.removeAttribute("aria-sort");
            head.setAttribute("aria-sort", down ? "descending" : "ascending");
            const text = row => row.cells[column].textContent;
            const key = row => row.cells[column].dataset.v;
            const rows = [...body.rows].sort((one, other) => {
                const numbers = [key(one), key(other)].map(value => value !== undefined);
                return numbers[0] && numbers[1] ? key(one) - key(other) : numbers[1] - numbers[0] ||
                    text(one).localeCompare(text(other), "en", {numeric: true});
            });
            body.append(...(down ? rows.reverse() : rows));
        });
    });
}

for (const part of document.querySelectorAll("[data-filter]")) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const count = document.createElement("span");
    input.type = "search";
    input.placeholder = part.dataset.filter;
    count.setAttribute("role", "status");
    label.className = "filter";
    label.append("Only rows with ", input, " ", count);
    part.prepend(label);
    input.addEventListener("input", () => {
        const words = input.value.toLowerCase().split(/\s+/).filter(word => word);
        let shown = 0;
        part.classList.toggle("filtered", words.length > 0);
        for (const row of part.querySelectorAll("tbody tr")) {
            const text = row.textContent.toLowerCase();
            row.hidden = !words.every(word => text.includes(word));
            shown += !row.hidden;
        }
        for (const details of part.querySelectorAll("details")) {
            const found = details.querySelector("tbody tr:not([hidden])");
            details.hidden = !found;
            details.open = words.length > 0 && found !== null;
        }
        count.textContent = words.length ? `${shown} rows` : "";
    });
}

// What is folded is printed, too.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(details => {
    details.open = true;
}));
