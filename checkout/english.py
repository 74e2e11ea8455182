"""Everything that a shopper can read, in English and by its key: the source of the catalogues in `locales/`.

Sentences are whole: no page puts two of them together, for other languages have another order. `{label}` is the name of
a field as the page writes it.
"""

from backend.languages import Sentence

WORDS: dict[str, Sentence] = {
    "pay": "Pay {amount}", "auto": "Pay {amount}", "book": "Book for {amount}", "donate": "Donate {amount}",
    "pay_seller": "Pay {seller}", "save": "Save card", "save_with": "Save your card with {seller}",
    "save_lead": "Nothing is charged now. {seller} may charge this card later, as agreed with you.",
    "saved_title": "Card saved", "saved": "Thank you. Nothing was charged; {seller} has been told.",
    "receipt_saved": "Card", "setup_declined_title": "Your card was not saved", "setup_done": "Saved",
    "setup_your_details": "Your card",
    "setup_unfinished": "Your bank’s check was not finished, so the card was not saved. Try again, or use another "
                        "card.",
    "setup_offline": "We could not reach the payment service. Your details are still here: check your connection and "
                     "try again.",
    "setup_broken": "Your details are still here. Wait a moment and try again.",
    "setup_resume_lead": "Your card is not saved yet. Continue the check, or use another card.",
    "confirm_save": "Your card is safe with us. Confirm to save it with {seller}.",
    "back_to": "Back to {seller}", "return_to": "Return to {seller}",
    "details": "Order details", "subtotal": "Subtotal", "total_due": "Total due", "each": "{amount} each",
    "quantity": "Quantity {quantity}", "named": "{label}: {problem}",
    "your_details": "Payment details", "email": "Email", "card": "Card information", "number": "Card number",
    "expiry": "Expiry", "expiry_long": "Expiry date, month and year", "cvc": "CVC", "cvc_long": "Security code",
    "number_placeholder": "1234 1234 1234 1234", "expiry_placeholder": "MM / YY",
    "name": "Name on card", "country": "Country or region", "postal": "Postal code", "zip": "ZIP code",
    "postcode": "Postcode", "pin": "PIN code", "eircode": "Eircode",
    "optional": "{label} (optional)", "billing": "Billing address",
    "line1": "Address line 1", "line2": "Address line 2", "city": "City", "state": "State or province",
    "area_state": "State", "area_province": "Province", "area_island": "Island", "area_parish": "Parish",
    "area_department": "Department", "area_area": "Area", "area_county": "County", "area_prefecture": "Prefecture",
    "area_district": "District", "area_oblast": "Oblast", "area_emirate": "Emirate",
    "city_city": "City", "city_suburb": "Suburb", "city_district": "District", "city_town": "Town or city",
    "add_line2": "Add address line 2", "phone_country": "Country of the phone number",
    "saved_cards": "Your saved cards", "saved_until": "Expires {date}",
    "other_card_here": "Another card", "saved_use": "Pay with this card",
    "accepts": "Accepted cards: Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay",
    "cvc_help": "Where is the security code?",
    "cvc_where": "The three digits on the back of your card, after the signature. "
                 "American Express: the four digits on the front, above the number.",
    "testmode": "TEST MODE", "testmode_long": "no real money moves", "fill": "Fill test card", "cards": "Test cards",
    "secure": "Your card number goes straight to an encrypted vault. The store never sees it.",
    "powered": "Payments by",
    "busy": "Processing…", "done": "Paid", "retry": "Try again", "checking_title": "Checking your payment",
    "checking": "Your bank has not answered yet. Please keep this page open: it finishes on its own. "
                "There is no need to pay again.",
    "resting_title": "We will keep checking",
    "resting": "This is taking longer than usual. You can close this page. {seller} is told the moment the bank "
               "answers, and you are charged at most once.",
    "paid_title": "Payment complete", "paid": "Thank you. {seller} has received your payment.",
    "held_title": "Payment authorised",
    "held": "Thank you. {seller} has been told and will collect the amount later.",
    "receipt_status": "Status", "receipt_paid": "Paid",
    "receipt_card": "Paid with", "receipt_email": "Receipt for", "receipt_ref": "Reference",
    "card_ending": "{brand} ending in {last4}",
    "expired_title": "This checkout has expired",
    "expired": "Nothing was charged. Go back to {seller} to start again.",
    "inactive_title": "This link is no longer active",
    "inactive": "{seller} has stopped selling with this link. Nothing was charged.",
    "discount": "Discount",
    "phone": "Phone number", "full_name": "Full name", "delivery": "Delivery", "your_card": "Payment",
    "shipping_address": "Shipping address", "shipping": "Shipping", "shipping_way": "Shipping method",
    "shipping_take": "Use this method", "free": "Free",
    "at_least": "At least {time}", "at_most": "At most {time}", "at_least_at_most": "At least {least}, at most {most}",
    "unit_hour": ("{count} hour", "{count} hours"), "unit_day": ("{count} day", "{count} days"),
    "unit_business_day": ("{count} business day", "{count} business days"),
    "unit_week": ("{count} week", "{count} weeks"), "unit_month": ("{count} month", "{count} months"),
    "same_address": "Billing address is the same as shipping", "choose": "Choose…",
    "terms": "I agree to the {terms} of {seller}.",
    "terms_and_privacy": "I agree to the {terms} and the {privacy} of {seller}.",
    "terms_words": "terms of service", "privacy_words": "privacy policy",
    "foot_terms": "Terms", "foot_privacy": "Privacy",
    "promotions": "Keep me up to date with news and offers from {seller}.",
    "reuse": "By paying, you allow {seller} to charge this card for later payments as agreed with you.",
    "code": "Promotion code", "code_add": "Add promotion code", "code_apply": "Apply",
    "code_remove": "Remove promotion code {code}",
    "code_wrong": "This code is not valid for this order.", "code_over": "This code has expired or was used up.",
    "code_small": "With this code the total would be less than a card can pay.",
    "code_many": "Too many codes were tried. Pay without one, or go back to the store to start again.",
    "quantity_wrong": "That many cannot be ordered.",
    "quantity_code": "The discount of this order does not allow that quantity.",
    "quantity_most": "The most that can be ordered is {most}.",
    "quantity_least": "The least that can be ordered is {least}.",
    "quantity_of": "Quantity of {name}", "fewer": "One fewer: {name}",
    "more": "One more: {name}",
    "order_locked": "A payment of this order was begun, so it can no longer be changed. You can pay it as it is.",
    "order_over": "This checkout can no longer be changed. Load the page again.",
    "order_offline": "We could not reach the payment service, so your order is as it was. Check your connection and "
                     "try again.",
    "order_broken": "Something went wrong on our side, so your order is as it was. Wait a moment and try again.",
    "total_now": "The total is now {amount}.",
    "more_follows": "The store asks for a few more details on the next page, before you pay.",
    "missing_title": "We cannot find this page",
    "missing": "The link may be incomplete. Go back to the store and follow it again.",
    "wait_title": "One moment, please",
    "wait": "Your order is being worked on at this moment, perhaps in another tab. Wait a few seconds, then try again: "
            "you will not be charged twice.",
    "wait_long_title": "Please come back later",
    "wait_minutes": ("You can try again in about {count} minute.", "You can try again in about {count} minutes."),
    "wait_hours": ("You can try again in about {count} hour.", "You can try again in about {count} hours."),
    "trouble_title": "Something went wrong on our side",
    "trouble": "Nothing new was charged by this page. Wait a moment, then load it again.",
    "confirm_title": "One last step", "confirm": "Your card is saved safely. Confirm to pay {amount} to {seller}.",
    "other_card": "Use another card",
    "bank_title": "Confirm with your bank", "close": "Close", "bank_loading": "Opening your bank’s page…",
    "bank_continue": "Continue to your bank", "bank_done": "Thank you. Returning to the payment…",
    "bank_return": "Return to the payment",
    "bank_why": "Your bank wants to make sure that it is you.",
    "unfinished": "Your bank’s check was not finished, so you have not been charged. "
                  "Try again, or use another card.",
    "resume": "Continue the check", "resume_title": "Your bank’s check is not finished",
    "resume_lead": "You have not been charged yet. Continue the check to pay, or use another card.",
    "offline_title": "You are offline", "unreachable_title": "No connection",
    "offline": "We could not reach the payment service. Your details are still here: check your connection and "
               "try again. You will not be charged twice.",
    "broken": "Your details are still here. Wait a moment and try again: you will not be charged twice.",
    "problem_title": "Please check the highlighted fields",
    "problems": "These fields need your attention:",
    "email_locked": "{seller} knows you by this address, so it cannot be changed here.",
    "sold_out_title": "Sold out",
    "sold_out": "The last one was sold while this page was open. You have not been charged.",
    "declined_title": "Your payment did not go through",
    "unfinished_home_title": "Payment not completed",
    "unfinished_home": "Your bank’s check was not completed, so you have not been charged. Go back to {seller}.",
    "home": "This is where customers pay. Open the link that the store gave you.",
}

FIELDS: dict[str, Sentence] = {
    "invalid_email": "Enter an email address such as name@example.com.",
    "incomplete_number": "Your card number is incomplete.", "invalid_number": "Your card number is invalid.",
    "unsupported_brand": "This kind of card is not accepted here.",
    "incomplete_expiry": "Your card’s expiry date is incomplete.",
    "invalid_expiry_month": "Your card’s expiry month is invalid.",
    "invalid_expiry_month_past": "Your card’s expiry date is in the past.",
    "invalid_expiry_year": "Your card’s expiry year is invalid.",
    "invalid_expiry_year_past": "Your card’s expiry date is in the past.",
    "incomplete_cvc": "Your card’s security code is incomplete.",
    "empty_name": "Enter the name as it stands on the card.", "empty_postal": "Enter your {label}.",
    "empty_phone": "Enter a phone number.", "wrong_phone": "Enter a phone number with its area code.",
    "empty_shipping_country": "Choose a country to ship to.",
    "empty_shipping_name": "Enter the name of whoever receives it.",
    "empty_shipping_line1": "Enter an address to ship to.", "empty_shipping_city": "Enter a town or city to ship to.",
    "empty_shipping_postal_code": "Enter the {label} to ship to.",
    "empty_ask": "Fill in this field.", "empty_box": "Tick this box to go on.", "wrong_ask": "Use digits only.",
    "short_ask": ("Use at least {count} character.", "Use at least {count} characters."),
    "long_ask": ("Use at most {count} character.", "Use at most {count} characters."),
    "empty_choice": "Choose one of the options.",
    "empty_address": "Enter your billing address.", "empty_city": "Enter your {label}.",
    "empty_state": "Choose your {label}.", "empty_shipping_state": "Choose the {label} to ship to.",
    "wrong_postal": "Check the {label}: it is not written as in this country.",
}
"""What is wrong with a field, as our script or the server finds it."""

ANSWERS: dict[str, Sentence] = {
    "unknown_area": "Choose the {label} from the list of this country.",
    "not_shipped": "This seller does not ship to that country.",
    "phone_wrong": "Enter a phone number with its area code, and choose its country.",
    "phone_card": "This phone number reads like a card number. Write it with a plus and the country code.",
    "card_elsewhere": "This looks like a card number. Only the card field takes one.",
    "terms_needed": "Agree to the terms to go on.",
    "too_often": "This was tried too often in a short time.",
    "many_tries": "Too many payments of this order are under way. Wait a moment, then load the page again.",
}
"""What only the server finds wrong with what was typed beside the card."""

DECLINED: dict[str, Sentence] = {
    "other_card": "Your card was declined. Check its details, try another card, or contact your bank to learn why.",
    "test_only": "This checkout is in test mode, so only test cards work here.",
    "live_only": "That is a test card. Use a real card here.",
    "wrong_cvc": "The security code is not right. Check it and try again.",
    "wrong_number": "The card number is not right. Check it and try again.",
    "not_supported": "This kind of card is not accepted here. Use another card.",
    "processing_error": "Your bank could not process the card just now. Wait a minute and try again.",
    "check_needed": "Your bank wants to confirm that it is you. Try again and complete its check.",
    "check_failed": "Your bank could not confirm that it is you. You have not been charged: try again, or use another "
                    "card.",
    "in_progress": "This payment is already being processed. Wait for it to finish.",
    "order_changed": "The total of this order has changed. You have not been charged. Look at the new total and pay "
                     "again.",
    "session_closed": "This checkout can no longer be paid. Go back to the store to start again.",
    "discount_over": "The discount of this order can no longer be used. You have not been charged. Take it off, or go "
                     "back to the store to start again.",
    "many_declines": "Too many payments were declined here in a short time. You have not been charged. Try again "
                     "later, or ask the store for another way to pay.",
    "place_taken": "Somebody else is paying for the last one at this moment. You have not been charged. If they do not "
                   "finish, it becomes free again, so you can try once more later.",
    "page_old": "This page was open for a long time. Load it again and re-enter your card.",
}
"""What a payer can do about a refusal. What only the card's bank knows is one sentence: a thief must not learn whether
the number, its date, its code or its balance was wrong."""

SENTENCES: dict[str, Sentence] = WORDS | FIELDS | ANSWERS | {f"declined_{key}": said for key, said in DECLINED.items()}
