// The facts of events, told as sequences: see core_script.h for the words.

#include "core_script.h"

#define BRAND                                                                                      \
    "+ campaigns name=sale currency=CNY status=1\n"                                                \
    "+ groups ext=old-1 campaign=1 member_max=3\n"                                                 \
    "+ groups ext=new-2 campaign=1\n"

struct story {
    const char *name;
    const char *lines;
};

static const struct story stories[] = {
    {"a join is counted, a second one of somebody present is counted and changes nothing",
     BRAND "join group=old-1 member=anna\n"
           "f group=1 campaign=1 member=1 membership=1 first_join=1\n"
           "join group=old-1 member=anna\n"
           "f first_join=0 membership=1\n"
           "= groups ext=old-1 : joins=2 members=1 leaves=0\n"
           "= hours group=1 : joins=2\n"
           "# memberships 1\n"},
    {"leave and come back", BRAND "join group=old-1 member=anna\n"
                                  "leave group=old-1 member=anna\n"
                                  "= groups id=1 : joins=1 members=0 leaves=1\n"
                                  "leave group=old-1 member=anna\n"
                                  "= groups id=1 : joins=1 members=0 leaves=2\n"
                                  "join group=old-1 member=anna\n"
                                  "f first_join=0\n"
                                  "= groups id=1 : joins=2 members=1 leaves=2\n"
                                  "= memberships id=1 : left_at=0\n"},
    {"the leave of somebody unknown counts, and is there for a join that comes late",
     BRAND "leave group=old-1 member=ghost\n"
           "= groups id=1 : leaves=1 members=0\n"
           "= hours group=1 : leaves=1\n"
           "# members 1\n= memberships id=1 : joined_at=0\n"
           "join group=old-1 member=ghost\nf first_join=1\n"
           "= groups id=1 : leaves=1 members=1 joins=1\n"},
    {"removed by somebody, active again once back", BRAND "join group=old-1 member=anna\n"
                                                          "leave group=old-1 member=anna by=host\n"
                                                          "= members ext=anna : status=1\n"
                                                          "join group=old-1 member=anna\n"
                                                          "= members ext=anna : status=0\n"},
    {"unknown and missing names are refused and leave nothing",
     BRAND "join group=nope member=anna\n! group: unknown group 'nope'\n"
           "join member=anna\n! group: missing\n"
           "join group=old-1\n! member: missing\n"
           "leave group=old-1\n! member: missing\n"
           "message group=nope member=anna text=x\n! group: unknown\n"
           "visit group=nope member=anna\n! group: unknown\n"
           "press member=anna group=nope\n! group: unknown\n"
           "join group=old-1 member=anna level=256\n! member.level: 256\n"
           "join group=old-1 member=anna level=-1\n! member.level: -1\n"
           "join group=old-1 member=anna at=-1\n! ts: -1\n"
           "join group=old-1 member=anna at=9223372036854775807\n! ts: 9223372036854775807\n"
           "# members 0\n# memberships 0\n"
           "= groups id=1 : joins=0\n"},
    {"what is new about a member is kept, what is not given stays",
     BRAND "join group=old-1 member=anna name=Ann gender=female level=3 tags=vip,big\n"
           "= members ext=anna : name=Ann gender=1 level=3 tags=big,vip\n"
           "message group=old-1 member=anna name=Annie avatar=h1 signature=hi gender=x\n"
           "= members ext=anna : name=Annie gender=1 level=3 avatar=h1 signature=hi\n"
           "message group=old-1 member=anna tags=new,,~big~\n"
           "= members ext=anna : name=Annie tags=big,new,vip group=1\n"},
    {"who asked to be forgotten gets no name again until she joins",
     BRAND "+ members ext=anna status=2\n"
           "message group=old-1 member=anna name=Ann\n"
           "= members ext=anna : name= status=2\n"
           "join group=old-1 member=anna\n"
           "message group=old-1 member=anna name=Ann\n"
           "= members ext=anna : name=Ann status=0\n"},
    {"an inviter has who stayed",
     BRAND "join group=old-1 member=ines\n"
           "join group=old-1 member=a inviter=ines\n"
           "f inviter=1\n"
           "join group=new-2 member=b inviter=ines\n"
           "join group=old-1 member=a inviter=ines\n"
           "= inviters member=1 : joined=2 left=0 effective=2 group=1\n"
           "leave group=old-1 member=a\n"
           "f inviter=1\n"
           "= inviters member=1 : joined=2 left=1 effective=1\n"
           "leave group=old-1 member=a\n"
           "= inviters member=1 : joined=2 left=1 effective=1\n"
           "join group=old-1 member=a inviter=ines\n"
           "= inviters member=1 : joined=2 left=0 effective=2\n"
           "= memberships member=2 : inviter=1 how=invite lost=0\n"},
    {"a re-join by somebody else counts for nobody",
     BRAND "join group=old-1 member=a inviter=ines\n"
           "leave group=old-1 member=a\n"
           "join group=old-1 member=a inviter=otto\n"
           "= inviters member=2 : joined=1 left=1 effective=0\n"
           "# inviters 1\n"
           "leave group=old-1 member=a\n"
           "= inviters member=2 : joined=1 left=1 effective=0\n"
           "join group=old-1 member=a\n"
           "= inviters member=2 : joined=1 left=0 effective=1\n"},
    {"nobody invites herself, and who was there before isn't brought",
     BRAND "join group=old-1 member=a inviter=a\n"
           "f inviter=0\n"
           "leave group=old-1 member=a\n"
           "join group=old-1 member=a inviter=ines\n"
           "# inviters 0\n"},
    {"codes: invitations and channels", BRAND "+ members ext=ines\n"
                                              "+ staff ext=gina role=1 code=G7\n"
                                              "+ codes code=I1 member=1 kind=1\n"
                                              "+ codes code=C1 guide=1 kind=0\n"
                                              "join group=old-1 member=a code=I1\n"
                                              "f inviter=1 guide=0\n"
                                              "= inviters member=1 : joined=1\n"
                                              "= codes code=I1 : uses=1\n"
                                              "join group=old-1 member=b code=C1\n"
                                              "f inviter=0 guide=1\n"
                                              "= memberships member=3 : guide=1 how=channel\n"
                                              "join group=new-2 member=c code=G7 how=poster\n"
                                              "= memberships member=4 : guide=1 how=poster\n"
                                              "join group=new-2 member=d code=unheard\n"
                                              "f inviter=0 guide=0\n"
                                              "join group=new-2 member=e inviter=gina\n"
                                              "f inviter=0 guide=1\n"
                                              "# inviters 1\n"},
    {"members who left in another campaign aren't this one's losses",
     BRAND "join group=old-1 member=a inviter=ines\n"
           "+ campaigns name=next currency=CNY status=1 started_at=1762466500000\n"
           "+ groups ext=g3 campaign=2\n"
           "@ 1762466300000\n"
           "join group=g3 member=b inviter=ines\n"
           "@ 1762466500000\n"
           "join group=g3 member=c inviter=ines\n"
           "leave group=g3 member=b\n"
           "= inviters campaign=2 : joined=2 left=0\n"
           "leave group=g3 member=c\n"
           "= inviters campaign=2 : joined=2 left=1\n"},
    {"over the platform's limit: noted once a day",
     BRAND "join group=old-1 member=a\njoin group=old-1 member=b\njoin group=old-1 member=c\n"
           "# milestones 0\n"
           "join group=old-1 member=d\n"
           "= milestones kind=over_limit : value=4 value2=3 group=1 "
           "text=group~'old-1'~has~4~members,~its~platform~allows~3\n"
           "join group=old-1 member=e\n# milestones 0\n"
           "leave group=old-1 member=d\nleave group=old-1 member=e\n"
           "join group=old-1 member=d\n# milestones 0\n"
           "@ 1762566400000\n"
           "join group=old-1 member=e\n# milestones 1\n"
           "+ days campaign=1 name=3 from_at=1762566300000 until_at=1762600000000\n"
           "join group=old-1 member=f\n= milestones kind=over_limit : day=1\n"
           "join group=old-1 member=g\n# milestones 0\n"},
    {"a roster is the difference",
     BRAND "join group=new-2 member=a\njoin group=new-2 member=b inviter=a\n"
           "join group=new-2 member=c\n"
           "members group=new-2 list=a,c,d,d,e\n"
           "= groups id=2 : members=4 joins=5 leaves=1\n"
           "= memberships member=2 : lost=1\n"
           "= inviters member=1 : effective=0\n"
           "= memberships member=4 : how=roster left_at=0\n"
           "f group=2 campaign=1 member=0 first_join=0\n"
           "members group=new-2 list=a,b,c,d,e\n"
           "= groups id=2 : members=5 joins=6 leaves=1\n"
           "= inviters member=1 : effective=1\n"
           "members group=new-2\n! list: empty, but group 'new-2' has 5 members\n"
           // The member known last, and one who is only in another group.
           "members group=new-2 list=a,b,c,d\n= memberships member=5 : left_at=1762466407000\n"
           "join group=old-1 member=f\nmembers group=new-2 list=a,b,c,d\n"
           "= groups id=2 : members=4 leaves=2\n= groups id=1 : members=1 leaves=0\n"},
    {"a roster of many",
     BRAND "members group=new-2 list=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t\n"
           "members group=new-2 list=a,c,i,j,q,t\n"
           "= groups id=2 : members=6 joins=20 leaves=14\n= memberships member=17 : left_at=0\n"
           "= memberships member=18 : left_at=1762466402000\n"},
    {"messages count for group, hour and participant",
     BRAND "join group=old-1 member=a\n"
           "message group=old-1 member=a text=hi\n"
           "message group=old-1 member=b text=hi\n"
           "message group=old-1 member=a text=again\n"
           "= groups id=1 : messages=3\n= hours group=1 : messages=3 replies=0\n"
           "= participants member=1 : messages=2 group=1\n= participants member=2 : messages=1\n"
           "message member=a text=private\n"
           "= groups id=1 : messages=3\n"
           "# hours 1\n"
           "message group=old-1 member=a at=1762470001000\n"
           "# hours 2\n= hours at=1762470000000 : messages=1\n"},
    {"a reply chain: who replies, in which place, and no more than once",
     BRAND "+ chains group=1 phrase=I~win folded=i~win opened_at=1762466400000\n"
           "message group=old-1 member=a text=so~I~WIN!\n"
           "f chain=1 reply_place=1\n"
           "message group=old-1 member=b text=Ｉ　ｗｉｎ\n"
           "f chain=1 reply_place=2\n"
           "message group=old-1 member=a text=i~win\n"
           "f chain=1 reply_place=0\n"
           "message group=old-1 member=c text=not~me\n"
           "f chain=0\n"
           "message group=new-2 member=c text=i~win\n"
           "f chain=0\n"
           "= chains id=1 : replies=2 messages=3\n= hours group=1 : replies=2 messages=4\n"
           "= replies member=2 : chain=1 after_ms=2000\n"},
    {"the newest open chain first, at most four, closed ones never",
     BRAND "+ chains group=1 folded=a\n+ chains group=1 folded=x\n+ chains group=1 folded=ab\n"
           "+ chains group=1 folded=abc status=1\n+ chains group=1 folded=y\n"
           "+ chains group=1 folded=z\n"
           "message group=old-1 member=m text=abc\nf chain=3\n"
           "message group=old-1 member=m text=a\nf chain=0\n"},
    {"likes have places, can be taken back and come again",
     BRAND "+ posts ext=p1 group=1\n"
           "reaction member=a to=p1 on=1\nf post=1 group=1\n"
           "reaction group=old-1 member=b to=p1 on=1\n"
           "reaction member=a to=p1 on=1\n"
           "= posts id=1 : likes=2 likers=2\n"
           "reaction member=a to=p1 on=0\nreaction member=a to=p1 on=0\n"
           "reaction member=c to=p1 on=0\n"
           "= posts id=1 : likes=1 likers=2\n= likes member=1 : place=1 liked=0\n"
           "reaction member=c to=p1 on=1\nreaction member=a to=p1 on=1\n"
           "= posts id=1 : likes=3 likers=3\n= likes member=3 : place=3\n"
           "= likes member=1 : place=1 liked=1\n"
           "reaction member=a to=other on=1\nf post=0\n"},
    {"buttons name a game that exists",
     BRAND "+ days campaign=1 name=1\n+ games day=1 name=wheel\n"
           "press member=a button=spin:1\nf game=1 campaign=1\n"
           "press member=a button=spin:2\nf game=0\n"
           "press member=a button=:1\nf game=0\n"
           "press member=a button=1\nf game=0\npress member=a button=spin:\nf game=0\n"
           "press member=a button=spin:99999999999\nf game=0\n"
           "press member=a button=spin:18446744073709551617\nf game=0\n"
           "press member=a button=spin:0\nf game=0\n"
           "press member=a button=spin:1x\nf game=0\npress member=a\nf game=0\n"},
    {"hosts are known and never counted",
     BRAND "+ staff ext=host role=0\n+ posts ext=p1 group=1\n+ chains group=1 folded=win\n"
           "+ games name=w\n"
           "join group=old-1 member=host\njoin group=old-1 member=a inviter=host\n"
           "message group=old-1 member=host text=win\nf chain=0 member=1\n"
           "reaction group=old-1 member=host to=p1 on=1\n"
           "visit member=host\npress member=host button=spin:1\nf game=0\n"
           "members group=old-1 list=host,a\n"
           "leave group=old-1 member=host\n"
           "= groups id=1 : members=1 joins=1 leaves=0 messages=0\n"
           "= members ext=host : staff=1\n= staff id=1 : member=1\n"
           "# participants 0\n# minutes 0\n# likes 0\n# inviters 0\n= chains id=1 : replies=0\n"},
    {"somebody who turns out to be a host leaves the counts",
     BRAND "join group=old-1 member=h\njoin group=new-2 member=h\njoin group=old-1 member=a\n"
           "+ staff ext=h role=0\n"
           "message group=old-1 member=h\n"
           "= groups id=1 : members=1 messages=0\n= groups id=2 : members=0\n"
           "= members ext=h : staff=1\n"},
    {"visits: a visitor counts once a minute, in order or late",
     BRAND "@ 1762466399000\n"
           "join group=old-1 member=a\n"
           "visit member=a at=1762466400001\nf new_visitor=1 campaign=1 group=1\n"
           "visit member=a at=1762466459999\nf new_visitor=0\n"
           "visit session=s1 at=1762466410000\nf new_visitor=1 campaign=1 group=0\n"
           "visit at=1762466410000\nf member=0 new_visitor=0\n"
           "= minutes at=1762466400000 : visits=4 visitors=2\n"
           "visit member=a at=1762466460000\n"
           "visit member=a at=1762466459000\n"
           "= minutes at=1762466400000 : visits=5 visitors=2\n"
           "= minutes at=1762466460000 : visits=1 visitors=1\n"
           "= hours group=1 at=1762466400000 : visits=4\n"
           "= participants member=1 : visited=1 carted=0\n= members ext=session:s1 : group=0\n"
           "# memberships 1\n"},
    {"favourites and carts are flags of a participant",
     BRAND "favorite member=a sku=S\ncart member=b sku=S qty=2\ncart sku=S\n"
           "= participants member=1 : favorited=1 carted=0 visited=0\n"
           "= participants member=2 : favorited=0 carted=1\n# minutes 0\n"},
    {"which campaign a visit is for",
     BRAND "+ campaigns name=two status=1\n+ groups ext=g3 campaign=2\n"
           "visit session=s\nf campaign=0\n# participants 0\n"
           "visit session=s group=g3\nf campaign=2\n= participants campaign=2 : visited=1\n"},
    {"bot states are milestones",
     BRAND "bot connector=xmpp text=banned\n= milestones kind=bot : text=xmpp:~banned\n"},
    {"certificates are handed out once", BRAND
     "+ plays claim=K1 game=4 member=2 prize=1\n"
     "+ plays claim=K3 game=4 member=2\n"
     "operator text=claim code=K1\nf game=4 member=2\n= plays id=1 : claimed_at=1762466401000\n"
     "operator text=claim code=K1\n! code: the prize of 'K1' was handed out already\n"
     "operator text=claim code=K3\n! code: the prize of 'K3' was drawn again\n"
     "operator text=claim code=K2\n! code: no prize has the claim code 'K2'\n"
     "operator text=claim\n! no prize\n"
     "operator text=else\n"},
    {"our own events change nothing", BRAND "timer ref=1\nstart text=sale\nf campaign=1\n"},
};

#define SHOP                                                                                       \
    BRAND "+ goods campaign=1 sku=COAT list=60000 deal=33000 stock=2\n"                            \
          "+ goods campaign=1 sku=SOCK list=1000 deal=0 stock=-1\n"                                \
          "+ books campaign=1 opens_at=1762466400000 closes_at=1762466500000\n"                    \
          "join group=old-1 member=anna\n"

static const struct story shop_stories[] = {
    {"an order is counted everywhere once",
     SHOP "order order=o1 member=anna currency=CNY items=COAT*1*33000,SOCK*3*2700\n"
          "f order=1 first_order=1 repeated=0 campaign=1 group=1 member=1\n"
          "= orders ext=o1 : total=35700 list_total=63000 deal_total=36000 items=4 currency=CNY "
          "card_off=0 voucher_off=0 group=1 member=1 channel=0\n"
          "= order_lines good=1 : qty=1 paid=33000 sku=COAT order=1\n"
          "= participants member=1 : paid=1 orders=1 items=4 spent=35700\n"
          "= members ext=anna : orders=1 spent=35700\n"
          "= minutes at=1762466400000 : orders=1 paid=35700 visits=0\n"
          "= hours group=1 : orders=1\n= groups id=1 : orders=1\n"
          "= goods sku=COAT : sold=1 stock=1\n= goods sku=SOCK : sold=3 stock=-1\n"
          "= accounts name=sales : balance=35700\n= accounts name=member:world : balance=-35700\n"
          "order order=o1 member=anna currency=CNY total=99900\n"
          "f order=1 first_order=0 repeated=1\n"
          "= accounts name=sales : balance=35700\n# orders 1\n"
          "order order=o2 member=anna total=100 channel=store\nf first_order=0\n"
          "= orders ext=o2 : channel=1 list_total=100\n"},
    {"lines without what was paid share the rest of the total by price", SHOP
     "order order=o1 member=anna total=34000 items=COAT*1,SOCK*1\n"
     "= order_lines good=1 : paid=33000\n= order_lines good=2 : paid=1000\n"
     "order order=o2 member=anna total=35000 items=COAT*1,SOCK*1*500,NEW*1\n"
     "= order_lines order=2 good=1 : paid=34500\n= order_lines order=2 sku=NEW : paid=0 good=0\n"
     "order order=o3 member=anna items=COAT*1,SOCK*2*1500\n"
     "= orders ext=o3 : total=34500\n"
     "order order=o4 member=anna total=10 items=A*1,B*2\n"
     "= order_lines order=4 sku=A : paid=3\n= order_lines order=4 sku=B : paid=7\n"},
    {"sold out and sold on",
     SHOP "order order=o1 member=anna items=COAT*3*1\n= goods sku=COAT : sold=3 stock=0\n"
          "= milestones kind=oversold : value=1 text=COAT\n"},
    {"prices flip and flip back",
     SHOP "order order=o1 member=anna items=COAT*1*1 at=1762466499999\n= orders ext=o1 : "
          "deal_total=33000\n"
          "order order=o2 member=anna items=COAT*1*1 at=1762466500000\n= orders ext=o2 : "
          "deal_total=60000\n"},
    {"orders that can't be are refused, and nothing of them stays", SHOP
     "order member=anna total=1\n! order: missing\n"
     "order order=o1 member=anna\n! total: missing\n"
     "order order=o1 member=anna total=-5\n! total: -5 is negative\n"
     "order order=o1 member=anna total=1000000000000001\n! total: 1000000000000001 is too large\n"
     "order order=o1 member=anna total=9223372036854775807\n! total: \n"
     "order order=o1 member=anna total=5 currency=USD\n! currency: USD, but the campaign counts in "
     "CNY\n"
     "order order=o1 member=anna items=COAT*0*1\n! items[0].qty: not 1 to 1,000,000\n"
     "order order=o1 member=anna items=COAT*1*1,COAT*-1*1\n! items[1].qty\n"
     "order order=o1 member=anna items=COAT*1000001*1\n! items[0].qty\n"
     "order order=o1 member=anna items=COAT*1000000*1,COAT*1000000*1\n! items: more than 1,000,000 "
     "pieces\n"
     "order order=o1 member=anna items=COAT*1*-2\n! items[0].paid: negative\n"
     "order order=o1 member=anna items=X*1\n! items[0].paid: missing\n"
     "order order=o1 member=anna items=X*1*9223372036854775807\n! items[0].paid: too large\n"
     "order order=o1 member=anna items=X*1*1000000000000000,X*1*1000000000000000\n! the sum "
     "overflows\n"
     "order order=o1 member=anna total=5 list=v1\n! vouchers[0]: unknown voucher 'v1'\n"
     "order order=o1 member=anna total=5 list=v4294967297\n! vouchers[0]: unknown voucher\n"
     "order order=o1 member=anna total=5 list=x\n! vouchers[0]: unknown voucher 'x'\n"
     "order order=o1 group=nope total=5\n! group: unknown\n"
     "+ goods campaign=1 sku=GOLD list=1000000000000000 deal=1000000000000000\n"
     "order order=o1 member=anna items=GOLD*1000000*1\n! items[0].qty: the price of the order "
     "overflows\n"
     "# orders 0\n# order_lines 0\n= goods sku=COAT : sold=0\n= members ext=anna : orders=0\n"},
    {"many large orders never overflow a sum",
     SHOP "+ participants campaign=1 member=1 spent=140737000000000\n"
          "order order=o1 member=anna total=1000000000\n! total: her orders overflow\n"},
    {"who brought the buyer",
     SHOP "+ members ext=sharer\n+ staff ext=gina role=1\n+ codes code=S1 member=2 kind=2\n"
          "+ codes code=S2 member=1 kind=2\n+ codes code=C1 guide=1 kind=0\n"
          "order order=o1 member=anna total=5 code=S1\nf inviter=2\n"
          "= orders ext=o1 : sharer=2 guide=0\n= codes code=S1 : uses=1\n"
          "order order=o2 member=anna total=5 code=S2\n= orders ext=o2 : sharer=0\n"
          "= codes code=S2 : uses=0\n"
          "order order=o3 member=anna total=5 code=C1\n= orders ext=o3 : guide=1 sharer=0\n"
          "order order=o4 member=anna total=5 guide=gina\n= orders ext=o4 : guide=1\n"
          "join group=old-1 member=bea code=C1\n"
          "order order=o5 member=bea total=5\n= orders ext=o5 : guide=1\n"},
    {"an order without a member is revenue",
     SHOP "order order=o1 total=500 group=old-1\nf campaign=1 member=0 first_order=0\n"
          "= groups id=1 : orders=1\n= accounts name=sales : balance=500\n"},
    {"a host's order is revenue, she is no participant",
     SHOP "+ staff ext=anna role=0\norder order=o1 member=anna total=500\n# participants 0\n"
          "= groups id=1 : orders=0\n= minutes at=1762466400000 : orders=1 paid=500\n"},
    {"refunds, in parts and in all",
     SHOP "order order=o1 member=anna total=20000\n"
          "refund order=o1 amount=5000\nf order=1 member=1 campaign=1\n"
          "= orders ext=o1 : refunded=5000\n= participants member=1 : spent=20000\n"
          "= members ext=anna : spent=15000\n= accounts name=sales : balance=15000\n"
          "refund order=o1 amount=25000\n! amount: refunds 300.00 of an order of 200.00\n"
          "refund to=o1 amount=15000\n= orders ext=o1 : refunded=20000\n"
          "refund order=o1 amount=1\n! amount: refunds 200.01 of an order of 200.00\n"
          "refund order=o1 amount=-1\n! amount: -1 is negative\n"
          "refund order=o1 amount=9223372036854775807\n! amount: \n"
          "refund order=o1\n! amount: missing\nrefund amount=5\n! order: missing\n"
          "= accounts name=sales : balance=0\n"},
    {"the refund of an order never seen counts",
     SHOP "refund order=zz amount=700 group=old-1\nf order=0 campaign=1\n"
          "= refunds ext=zz : order=0 campaign=1 amount=700\n= accounts name=sales : balance=-700\n"
          "refund order=zz amount=700 currency=USD group=old-1\n! currency: USD\n"},
};

static void run_stories(const struct story *told, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct script *s = script_new(told[i].name);
        script_run(s, told[i].lines);
        // Sums that must agree whatever happened.
        int64_t sum = 0;
        for (uint32_t id = 0; (id = table_next(s->core.state, T_ACCOUNTS, id)) != 0;) {
            sum += ((const struct account *)table_get(s->core.state, T_ACCOUNTS, id))->balance;
        }
        assert_int_equal(sum, 0);
        script_free(s);
    }
}

static void test_stories(void **unused)
{
    (void)unused;
    run_stories(stories, sizeof(stories) / sizeof(stories[0]));
}

static void test_shop_stories(void **unused)
{
    (void)unused;
    run_stories(shop_stories, sizeof(shop_stories) / sizeof(shop_stories[0]));
}

static void expect_refused(struct script *s, const struct event *event, const char *why)
{
    script_run_event(s, event);
    if (!s->refused || strstr(s->error.text, why) == NULL) {
        fail_msg("refused with '%s', not '%s'", s->error.text, why);
    }
}

// Texts that no JSON reader lets through may still come from a connector in the process.
static void test_hostile_texts(void **unused)
{
    (void)unused;
    struct script *s = script_new("hostile texts");
    script_run(s, BRAND);
    const struct slice group = slice_of("old-1");
    const struct slice bad = {"a\xff", 2};
    const struct slice zero = {"a\0b", 3};
    char *huge = malloc(1 << 20);
    memset(huge, 'x', 1 << 20);
    const struct slice large = {huge, 1 << 20};
    struct event event = {.kind = EVENT_JOIN, .at = SCRIPT_START, .group = group};
    event.member = bad;
    expect_refused(s, &event, "member: no valid text");
    event.member = zero;
    expect_refused(s, &event, "member: no valid text");
    event.member = large;
    expect_refused(s, &event, "member: longer than 256 bytes");
    event.member = slice_of("anna");
    event.name = bad;
    expect_refused(s, &event, "member.name: no valid text");
    event.name = large;  // Long names are cut, not refused.
    event.tags = large;
    event.signature = large;
    script_run_event(s, &event);
    assert_string_equal(s->error.text, "");
    const struct member *anna = table_get(s->core.state, T_MEMBERS, s->facts.member);
    assert_int_equal(strlen(state_get_text(s->core.state, anna->name)), 256);
    assert_int_equal(strlen(state_get_text(s->core.state, anna->tags)), PEOPLE_TAG_MAX);
    event.inviter = bad;
    expect_refused(s, &event, "inviter: no valid text");
    event.inviter = slice_of("");
    event.tags = bad;
    expect_refused(s, &event, "member.tags: no valid text");
    event.group = large;
    expect_refused(s, &event, "group: unknown group");
    event = (struct event){.kind = EVENT_VISIT, .at = SCRIPT_START, .session = large};
    expect_refused(s, &event, "session: longer than 256 bytes");
    event = (struct event){
        .kind = EVENT_ORDER, .at = SCRIPT_START, .group = group, .order = large, .total = 1};
    expect_refused(s, &event, "order: longer than 128 bytes");
    event.order = bad;
    expect_refused(s, &event, "order: no valid text");
    event.kind = EVENT_REFUND;
    expect_refused(s, &event, "amount: missing");
    script_run(s, "# members 1\n# orders 0\n");
    free(huge);
    script_free(s);
}

// Sums over random events of a few people in two groups agree with a model that knows only sets.
static void test_random_walk(void **unused)
{
    (void)unused;
    struct script *s = script_new("random walk");
    script_run(s, BRAND);
    uint32_t seed = 1;
    bool present[12] = {false};
    int joins = 0;
    int leaves = 0;
    int members = 0;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525U + 1013904223U;
        const unsigned who = (seed >> 8) % 12;
        char member[8];
        char inviter[8];
        snprintf(member, sizeof(member), "m%u", who);
        snprintf(inviter, sizeof(inviter), "m%u", (seed >> 16) % 12);
        const bool join = (seed >> 24) % 2;
        s->at += 100;
        const struct event event = {
            .kind = join ? EVENT_JOIN : EVENT_LEAVE,
            .at = s->at,
            .group = slice_of("new-2"),
            .member = slice_of(member),
            .inviter = (seed >> 20) % 2 ? slice_of(inviter) : slice_of(""),
        };
        script_run_event(s, &event);
        assert_false(s->refused);
        joins += join;
        leaves += !join;
        members += join && !present[who];
        members -= !join && present[who];
        present[who] = join;
    }
    const struct group *group = table_get(s->core.state, T_GROUPS, 2);
    assert_int_equal(group->joins, joins);
    assert_int_equal(group->leaves, leaves);
    assert_int_equal(group->members, members);
    int lost = 0;
    int brought = 0;
    for (uint32_t id = 0; (id = table_next(s->core.state, T_MEMBERSHIPS, id)) != 0;) {
        const struct membership *row = table_get(s->core.state, T_MEMBERSHIPS, id);
        lost += row->lost;
        brought += row->inviter != 0;
        assert_true(row->inviter != row->member);
        assert_true(!row->lost || row->inviter != 0);
    }
    for (uint32_t id = 0; (id = table_next(s->core.state, T_INVITERS, id)) != 0;) {
        const struct inviter *row = table_get(s->core.state, T_INVITERS, id);
        lost -= row->left;
        brought -= row->joined;
        assert_int_equal(row->effective, row->joined - row->left);
    }
    assert_int_equal(lost, 0);
    assert_int_equal(brought, 0);
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_shop_stories),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_random_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
