#include "rules/promo_doc.h"
bool promo_own_judge(struct promo_doc *doc, struct promo_result *result, struct err *e)
{
    return promo_sylius_judge(doc, result, e);
}
