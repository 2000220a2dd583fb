#!/bin/bash
# Every rule of `drumbeat verify --db` on a database of which one row was damaged: it must name the
# row, and nobody else's. damaged.sh DRUMBEAT ROOT
drumbeat=$(realpath "$1")
root=$(realpath "$2")
command -v sqlite3 >/dev/null || { echo "SKIPPED: sqlite3 isn't installed"; exit 0; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
"$drumbeat" rehearse "$root/examples/womens-wear" --seed 1 --members 200 --db whole.db -q >/dev/null 2>&1
"$drumbeat" verify --db whole.db >out || { echo "FAILED: the whole one isn't right"; cat out; exit 1; }
failed=0
count=0

# damage 'SQL' 'what verify must say': a regular expression
damage() {
  cp whole.db bad.db
  count=$((count + 1))
  sqlite3 bad.db "PRAGMA ignore_check_constraints = 1; $1" || { echo "FAILED: sqlite3: $1"; failed=1; return; }
  "$drumbeat" verify --db bad.db >out 2>err
  local code=$?
  if [ $code -ne 7 ] || ! grep -qE "$2" out; then
    echo "FAILED: $1"
    echo "  exit $code, wanted 7 and: $2"
    grep -E 'broken|rows' out err | sed 's/^/  /'
    failed=1
  fi
}

broken() { damage "$1" "^broken: $2: $3"; }

voucher="(SELECT min(id) FROM vouchers WHERE status = 2)"
broken "UPDATE ledger SET amount = amount + 1 WHERE id = 5" \
  "the legs of a transaction sum to zero, in each currency" "ledger 5, amount is 1, not 0"
broken "DELETE FROM ledger WHERE id = 6" "a transaction has two legs at least" "ledger 5, txn is one leg of 5, not two legs"
broken "UPDATE ledger SET txn = 999999 WHERE txn = 5" "a transaction is numbered after its first leg" \
  "ledger 5, txn is 999999, not 5"
broken "UPDATE accounts SET balance = balance + 7 WHERE id = 2" \
  "a balance is the sum of its account's legs" "accounts 2, balance is [0-9]+, not [0-9]+"
broken "UPDATE accounts SET balance = -1 WHERE id = 2" "no account is below its floor" \
  "accounts 2, balance is -1, not at least 0"
broken "UPDATE accounts SET opening = opening + 1 WHERE id = 2" "budgets are whole: .*" "accounts 2, opening is"
broken "UPDATE coupons SET issued = issued + 1 WHERE id = 1" "vouchers issued are counted" \
  "coupons 1, issued is [0-9]+, not [0-9]+"
broken "UPDATE coupons SET used = used - 1 WHERE id = (SELECT coupon FROM vouchers WHERE id = $voucher)" \
  "vouchers used are counted" "coupons [0-9]+, used is"
broken "UPDATE vouchers SET \"order\" = 0 WHERE id = $voucher" "a used voucher has its order and its time" \
  "vouchers [0-9]+, order is 0, not not 0, it is used"
broken "UPDATE vouchers SET used_at = 77 WHERE id = (SELECT min(v.id) FROM vouchers v JOIN coupons c
  ON c.id = v.coupon WHERE v.status <> 2 AND NOT c.is_card)" \
  "a voucher that isn't used has no order .a card may." "vouchers [0-9]+, used_at is 77, not 0"
prize="(SELECT min(id) FROM prizes WHERE stock >= 0 AND given > 0)"
broken "UPDATE prizes SET stock = given - 1 WHERE id = $prize" "no more prizes are given than there are" "prizes [0-9]+, given is"
broken "UPDATE prizes SET given = given - 1 WHERE id = $prize" "a prize given stands in a play" "prizes [0-9]+, given is"
broken "UPDATE prizes SET given = 9, stock = 9 WHERE id = (SELECT min(p.id) FROM prizes p JOIN games g
  ON g.id = p.game WHERE g.kind = 'envelope')" "an envelope's extra prize is given to its winners only" "prizes [0-9]+, given is 9, not at most"
broken "UPDATE plays SET number = 1 WHERE game = (SELECT game FROM plays WHERE number = 2 LIMIT 1) AND number = 2" \
  "a play is numbered once in its game" "plays [0-9]+, number is 1, not once"
broken "UPDATE games SET plays = plays + 1 WHERE id = (SELECT game FROM plays LIMIT 1)" "plays of a game are counted" "games [0-9]+, plays is"
broken "UPDATE goods SET sold = sold + 1 WHERE id = 1" "goods sold stand in lines of orders" "goods 1, sold is"
broken "UPDATE orders SET items = items + 1 WHERE id = 3" "items of an order are those of its lines" "orders 3, items is"
scene="(SELECT min(id) FROM scenes WHERE steps > 2)"
broken "DELETE FROM steps WHERE scene = $scene AND number = 2" "steps of a scene are numbered 1, 2, .*" "scenes [0-9]+, steps is"
broken "INSERT INTO steps SELECT 9999999, result, at, kind, label, scene, number FROM steps WHERE id = 1" \
  "a step stands once" "steps 9999999, number is [0-9]+, not once"
broken "UPDATE scenes SET status = 0 WHERE id = 2" "no scene is left in the middle" "scenes 2, status is running, not waiting or ended"
broken "UPDATE scenes SET status = 1, wait_kind = 1, timer = 0 WHERE id = 2" "a scene that waits for a time has its timer" "scenes 2, timer is 0"
broken "UPDATE outbox SET key_high = (SELECT key_high FROM outbox WHERE id = 3),
  key_low = (SELECT key_low FROM outbox WHERE id = 3) WHERE id = 9" "a key of the outbox is used once" "outbox 9, key_high is [0-9a-f]{32}, not once"
broken "UPDATE outbox SET sent_at = 0 WHERE id = 4" "what was sent has a time, nothing else has" "outbox 4, sent_at is 0, not not 0, it was sent"
broken "UPDATE outbox SET status = 3, sent_at = 0, attempts = 0 WHERE id = 4" "an effect that failed or is unknown was tried" "outbox 4, attempts is 0"
broken "UPDATE chains SET replies = replies + 1 WHERE id = 1" "replies of a chain are counted" "chains 1, replies is"
broken "UPDATE posts SET likes = likes + 1 WHERE id = 1" "likes of a post are counted" "posts 1, likes is"
broken "UPDATE posts SET likers = likers + 1 WHERE id = 1" "likers of a post are counted" "posts 1, likers is"
broken "UPDATE members SET orders = orders + 1 WHERE id = 3" "orders are counted for whoever bought" "members 3, orders is"
broken "UPDATE members SET spent = spent + 1 WHERE id = 3" "what a member spent is .*" "members 3, spent is"
broken "UPDATE orders SET refunded = total + 1 WHERE id = 3" "an order gives back no more than was paid" "orders 3, refunded is"
broken "UPDATE orders SET refunded = refunded + 1 WHERE id = 3" "an order's refund is the sum of its refunds" "orders 3, refunded is"
broken "UPDATE orders SET member = 987654 WHERE id = 3" "a reference points at a row" "orders 3, member is 987654, not a row of members"
broken "UPDATE vouchers SET status = 9 WHERE id = 1" "a choice is one of those there are" "vouchers 1, status is 9, not 0 to 5"
broken "UPDATE groups SET members = -4 WHERE id = 1" "no count and no time is negative" "groups 1, members is -4, not at least 0"
broken "UPDATE inviters SET effective = effective + 1 WHERE id = 1" "a row keeps its table's conditions" "inviters 1, its condition is broken, not effective = joined"
broken "UPDATE members SET ext = (SELECT ext FROM members WHERE id = 3) WHERE id = 9" "what is unique stands once" "members 9, ext is"
broken "UPDATE members SET spent = spent + 1 WHERE id BETWEEN 3 AND 9" "what a member spent is .*" "members 3, .*and 6 more"
joined="(SELECT min(id) FROM memberships WHERE left_at = 0 AND member NOT IN (SELECT id FROM members WHERE staff = 1))"
broken "UPDATE memberships SET left_at = joined_at + 1 WHERE id = $joined" "who is in a group is counted, staff left out" "groups [0-9]+, members is"
for column in messages joins leaves orders; do
  broken "UPDATE groups SET $column = $column + 1 WHERE id = 2" "$column of a group are counted by the hour" "groups 2, $column is"
done

# Who won, against the receipt that says who was drawn.
play_of() { echo "(SELECT min(p.id) FROM plays p JOIN games g ON g.id = p.game JOIN receipts r ON r.game = g.id WHERE g.kind = '$1' $2)"; }
for kind in draw wheel envelope fairy; do
  damage "UPDATE plays SET member = member + 1 WHERE id = $(play_of $kind)" \
    "^  play [0-9]+ .number [0-9]+. is of member '[^']+'; the receipt says '[^']+'"
done
damage "UPDATE plays SET amount = amount + 1 WHERE id = $(play_of envelope)" "^  play .*, amount [0-9]+; the receipt says '[^']+', [0-9]+"
damage "UPDATE plays SET prize = (SELECT id FROM prizes WHERE game = plays.game AND tier = 1)
  WHERE id = $(play_of wheel 'AND p.prize = (SELECT id FROM prizes WHERE game = p.game AND tier = 2)')" "^  play .*, prize 1; the receipt says '[^']+', 2"
damage "INSERT INTO plays SELECT 9999999, game, member, prize, voucher, 99, claim, why, at, amount, claimed_at FROM plays
  WHERE id = $(play_of draw)" "^  play 9999999 .number 99. isn't in the receipt"

echo "$count rows damaged, $([ $failed -eq 0 ] && echo 'each named' || echo 'NOT each named')"
exit $failed
