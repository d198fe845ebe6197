//! The reference's examples of views, as they render.

use crate::prints;

const PANEL: &str = r#"tone = props.tone || "plain"
toneClass = match tone { "warn" -> "panel--warn", _ -> "" }
open = props.open ?? true
<section class="panel {toneClass} {if open}is-open{else}is-closed{/if}" aria-expanded={open} {...props.attrs}>
    <header><slot name="head">{props.title}</slot></header>
    {if open}{children}{else if props.hint}<p>{props.hint}</p>{/if}
</section>
<style scoped>.panel--warn { color: red }</style>
"#;

const TREE: &str = r#"depth = props.depth || 0
items = props.items || [["name": "root", "children": [["name": "leaf"]]]]
names = []
{for it in items} {names.push(it.name)} {/for}
Row = (p) => <li data-depth={depth} class="row{for k in 1..depth} in-{k}{/for}">{p.item.name}{p.children}</li>
<ul title={"Tree: " ++ names.join(" / ")} mouseenter={(e) => e.preventDefault()}>
    {each items as item}
        <Row item={item}>{if item.children}<Tree items={item.children} depth={depth + 1}/>{/if}</Row>
    {/each}
</ul>
"#;

const PAGE: &str = r#"enum Status { Draft, Open, Paid }
orders = [
    { customer: { name: "A & B" }, cents: 1234, tags: ["x", "y"], status: Status.Paid },
    { customer: { name: "<C>" }, cents: 5, tags: [], status: Status.Draft }
]
open = true
hide = { open = false }
fn price(c) { return "{(c / 100.0).to_fixed(2)} €" }
fn page() {
<!DOCTYPE html>
<html lang="en"><body>
    // this line is a comment
    <Panel title="Orders & more" tone={orders.length > 10 ? "warn" : "plain"} open={open}>
        <b slot="head">{orders.length} orders</b>
        <ul>
            {for o, i in orders}
                <li class:odd={i % 2 == 1} title={o.tags} style="order: {(1 + i)}">
                    {o.customer.name}: {price(o.cents)} {match o.status { Paid -> <i>paid</i>, _ -> "due" }}&nbsp;
                </li>
            {/for}
        </ul>
        {if !orders then <em>None yet</em> else ""} <button click={hide} disabled={!open}>Hide</button><br/>
        {raw("<hr>")} {"{"}a literal brace
    </Panel>
    <Panel open={false} title="t" hint="h"/>
</body></html>
}
print(page())
"#;

#[test]
fn a_component_and_a_page() {
    insta::assert_snapshot!(prints(PAGE, &[("Panel", PANEL)]));
}

#[test]
fn recursion_and_loops_in_every_mode() {
    let source = "print(<Tree/>)\nprint(<Tree depth={2} items={[{ name: \"a\" }, { name: \"b\", children: [{ name: \"c\" }] }]}/>)";
    insta::assert_snapshot!(prints(source, &[("Tree", TREE)]));
}
